// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the target is told to do: messages, and what becomes of them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/dm.h"
#include "model.h"

#define NOBODY LEASES
#define LONGEST 600	/* tenths of a second that a job may take */

/* The lease that was told to take no more blocks, and still is. */
static unsigned int leaving = NOBODY;

struct job {
	char kind[16], state[16];
	unsigned int done, total, failed;
};

/* The job's word in a status; without one its kind is empty. */
static struct job parse_job(const char *status)
{
	const char *word = strrchr(status, ' '); /* the last word is the scrub's */
	struct job job = { "", "", 0, 0, 0 };

	while (word && word > status && word[-1] != ' ')
		word--;
	if (word)
		sscanf(word, "%15[a-z]:%15[a-z]:%u/%u:%u", job.kind, job.state, &job.done, &job.total,
		       &job.failed);
	return job;
}

static struct job current_job(void)
{
	char status[4096];

	dm_status(target, status, sizeof(status));
	return parse_job(status);
}

static unsigned int used_blocks(const char *status, unsigned int which)
{
	const char *at = strstr(status, leases[which].uuid);
	unsigned int used;

	if (!at || sscanf(at, "%*s %*s %*s %u/", &used) != 1)
		fail("the status has no lease %s: %s", leases[which].uuid, status);
	return used;
}

void check_status(void)
{
	char status[4096];

	dm_status(target, status, sizeof(status));
	if (strncmp(status, "rw ", 3) && !storm)
		fail("there is space, and it can be written: %s", status);
}

static void a_range(uint64_t *random, unsigned int *first, unsigned int *number)
{
	*first = draw(random, 4) ? window + draw(random, WINDOW) : draw(random, sectors);
	*number = 1 + draw(random, draw(random, 3) ? 128 : sectors);
	if (*number > sectors - *first)
		*number = sectors - *first;
}

static void release(uint64_t *random)
{
	unsigned int first, number;
	int r;

	a_range(random, &first, &number);
	if (draw(random, 3))
		r = dm_message(target, NULL, 0, "release %u %u", first, number);
	else
		r = dm_message(target, NULL, 0, "release all");
	if (!allowed(r, OK | MAY(EBUSY), "release"))
		count(&tally.releases);
}

/* Any lease but the first may be full, failed, or just being evacuated. */
static void migrate(uint64_t *random)
{
	unsigned int first, number, to = order[draw(random, members)];

	a_range(random, &first, &number);
	if (!allowed(dm_message(target, NULL, 0, "migrate %u %u %s", first, number, leases[to].uuid),
		     OK | MAY(EBUSY) | (to ? MAY(ENOSPC) : 0), "migrate"))
		count(&tally.migrations);
}

/* Any lease but the first, which has room for all. */
static void evacuate(uint64_t *random)
{
	unsigned int which = order[draw(random, members)];

	if (!which)
		return;
	if (allowed(dm_message(target, NULL, 0, "evacuate %s", leases[which].uuid), OK | MAY(EBUSY),
		    "evacuate"))
		return;
	leaving = which;
	count(&tally.evacuations);
}

static void cancel(void)
{
	if (allowed(dm_message(target, NULL, 0, "cancel"), OK | MAY(ENOENT), "cancel"))
		return;
	leaving = NOBODY;
	count(&tally.cancelled);
}

void start_job(uint64_t *random)
{
	unsigned int what = draw(random, 100);

	if (what < 35)
		release(random);
	else if (what < 55)
		migrate(random);
	else if (what < 90)
		evacuate(random);
	else
		cancel();
}

/* A resume lets a lease take blocks again, unless it still is being evacuated. */
void evacuation_may_be_over(void)
{
	struct job job = current_job();

	if (strcmp(job.kind, "evacuate") || strcmp(job.state, "running"))
		leaving = NOBODY;
}

/* A lease of which nothing is left can leave, and mostly does. */
void follow_evacuation(uint64_t *random)
{
	unsigned int which = leaving, used;
	char status[4096];
	struct job job;

	if (which == NOBODY)
		return;
	dm_status(target, status, sizeof(status));
	job = parse_job(status);
	if (!strcmp(job.state, "running"))
		return;
	used = used_blocks(status, which);
	/* When another job came after it, nobody knows any more what of the lease could not be moved. */
	if (!strcmp(job.kind, "evacuate") && !job.failed && used && !leases[which].tainted && !storm)
		fail("lease %s was evacuated and holds %u blocks: %s", leases[which].uuid, used, status);
	if (!used && draw(random, 4))
		leave_out(which, true, random);
	leaving = NOBODY;
}

static void wait_for_job(void)
{
	for (int i = 0; !strcmp(current_job().state, "running"); i++) {
		if (i == LONGEST)
			fail("a job does not end");
		usleep(100000);
	}
}

void end_jobs(void)
{
	dm_message(target, NULL, 0, "cancel");
	dm_message(target, NULL, 0, "scrub stop");
}

/* When all devices are well, nothing has to stay in leases. Now and then they may still be unwell. */
void release_everything(void)
{
	struct job job;

	for (int tries = 0; tries < 10; tries++) {
		must(dm_message(target, NULL, 0, "release all"), "release all");
		wait_for_job();
		job = current_job();
		if (!job.failed)
			break;
		usleep(500000);
	}
	for (unsigned int i = 0; i < members; i++) {
		char status[4096];

		dm_status(target, status, sizeof(status));
		if (used_blocks(status, order[i]))
			fail("all is well, and not all is released: %s", status);
	}
}

static void scrub(uint64_t *random)
{
	static const char *const changes[] = { "pause", "resume", "stop" };
	unsigned int what = draw(random, 6), first, number;
	uint64_t may = OK | MAY(EAGAIN);

	a_range(random, &first, &number);
	if (what < 3)
		allowed(dm_message(target, NULL, 0, "scrub %s", changes[what]), may | MAY(ENOENT),
			"changing a scrub");
	else if (!allowed(dm_message(target, NULL, 0, "scrub start %u %u rate %u", first, number,
				     64U << draw(random, 16)), may | MAY(EBUSY), "scrub start"))
		count(&tally.scrubs);
}

/* Blocks are moved one after the other; each can be so only once, until it is released. */
void *move_and_scrub(void *arg)
{
	uint64_t random = seed;
	char answer[32];

	for (unsigned int i = 1; !stop; i++) {
		unsigned int first = window + draw(&random, WINDOW - 2 * BLOCK);

		if (!draw(&random, 200))
			scrub(&random);
		if (!dm_message(target, answer, sizeof(answer), "remap %u %u", first,
				1 + draw(&random, BLOCK)))
			tally.moves += atoi(answer);
		if (i % (2 * WINDOW / BLOCK) == 0)
			window = (window + WINDOW) / BLOCK * BLOCK % (sectors - WINDOW);
	}
	return arg;
}
