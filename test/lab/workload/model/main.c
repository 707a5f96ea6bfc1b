// SPDX-License-Identifier: GPL-2.0-only
/*
 *   model SEED SECONDS TARGET SECTORS UUID MAIN MAIN_DISK SPARE SPARE_DISK SPARE_SECTORS GIVEN LEASE...
 *
 * MAIN and SPARE are names of mapped devices, linear mappings of the disks that
 * come after them, and exist; the model makes TARGET. In both of them sectors
 * fail and heal meanwhile. LEASE is "device offset length UUID", just formatted;
 * the first GIVEN are in the first table. The first of all is on a device in
 * which nothing fails. At the end the target is made anew and read in full.
 *
 * With MODEL_STORM in the environment, a command, all I/O may fail from when the
 * target is made and the command was run until MODEL_CALM was, when the load has
 * ended. What reads without an error still has to be what was written. With
 * MODEL_MEDDLED set, somebody else makes writes fail too, at any time, except
 * those to the first lease.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../common/dm.h"
#include "model.h"

#define ROUND 60	/* seconds after which the target is made anew */

unsigned int seed, sectors;
const char *target, *storm;
char target_path[64];
bool meddled;
volatile bool stop;
unsigned int window;
struct tally tally;

static unsigned int seconds;

void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	_exit(1);
}

unsigned int draw(uint64_t *state, unsigned int below)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*state >> 33) % below;
}

void count(unsigned long *what)
{
	__sync_fetch_and_add(what, 1);
}

int allowed(int error, uint64_t which, const char *what)
{
	if (!storm && (error > 63 || !(which & (error ? MAY(error) : OK))))
		fail("%s fails: %s", what, strerror(error));
	return error;
}

void must(int error, const char *what)
{
	if (error)
		fail("%s fails: %s", what, strerror(error));
}

static void run(const char *command, const char *what)
{
	int r = system(command);

	if (r)
		fail("%s fails (%d)", what, r);
}

static void suspend_a_while(uint64_t *random)
{
	suspend_target(random);
	usleep(draw(random, 100000));
	resume_target(random);
}

static void administer(uint64_t *random)
{
	unsigned int what = draw(random, 100);

	usleep(draw(random, 4) ? draw(random, 40000) : draw(random, 300000));
	if (what < 15)
		break_main(random);
	else if (what < 23)
		break_spare(random);
	else if (what < 28)
		suspend_a_while(random);
	else if (what < 34)
		reload(random);
	else if (what < 42)
		take_in(random);
	else if (what < 45)
		leave_out_any(random);
	else if (what < 80)
		start_job(random);
	else
		check_status();
	follow_evacuation(random);
}

static void heal(uint64_t *random)
{
	end_jobs();
	heal_disks();
	if (storm)
		reload_anew(random); /* the last table may be recorded nowhere */
	else
		reload(random);
	read_all();
}

static void restart(void)
{
	must(dm_remove(target), "remove");
	create();
	read_all();
}

/* All is written while all is well: from then on nothing may fail, and nothing need be elsewhere. */
static void settle(void)
{
	storm = NULL;
	write_all();
	read_all();
	if (!meddled)
		release_everything();
	read_all();
	restart();
	must(dm_remove(target), "remove");
}

static void tell(void)
{
	printf("%lu reads, %lu of them errors, %lu writes, %lu of them errors, %lu zeroes, %lu discards, "
	       "%lu flushes\n", tally.reads, tally.read_errors, tally.writes, tally.write_errors,
	       tally.zeroes, tally.discards, tally.flushes);
	printf("%lu moves, %lu releases, %lu evacuations, %lu migrations, %lu cancelled, %lu scrubs\n",
	       tally.moves, tally.releases, tally.evacuations, tally.migrations, tally.cancelled,
	       tally.scrubs);
	printf("%lu reloads, %lu leases taken in, %lu formatted anew, %lu left out; %lu holes in the main "
	       "device, %lu in leases\n", tally.reloads, tally.taken_in, tally.formatted, tally.left,
	       tally.holes, tally.spare_holes);
}

static void load(uint64_t *random, time_t end)
{
	pthread_t workers[WORKERS], mover;

	stop = false;
	for (intptr_t i = 0; i < WORKERS; i++)
		pthread_create(&workers[i], NULL, work, (void *)i);
	pthread_create(&mover, NULL, move_and_scrub, NULL);
	while (time(NULL) < end)
		administer(random);
	stop = true;
	pthread_join(mover, NULL);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(workers[i], NULL);
}

static void weather_storm(uint64_t *random, const char *calm)
{
	run(storm, "beginning the faults");
	load(random, time(NULL) + seconds);
	run(calm, "ending the faults");
	heal(random);
	restart();
}

static void run_rounds(uint64_t *random)
{
	time_t now = time(NULL), end = now + seconds;

	for (; now < end; now = time(NULL)) {
		load(random, now + ROUND < end ? now + ROUND : end);
		heal(random);
		restart();
		seed++;
	}
}

int main(int argc, char **argv)
{
	uint64_t random;

	if (argc < 14)
		fail("too few arguments");
	seed = atoi(argv[1]);
	seconds = atoi(argv[2]);
	target = argv[3];
	sectors = atoi(argv[4]);
	meddled = getenv("MODEL_MEDDLED");
	sectors_init();
	disks_init(argv[6], argv[7], argv[8], argv[9], atoi(argv[10]));
	leases_init(argv[6], argv[5], atoi(argv[11]), argv + 12, argc - 12);
	random = seed;

	create();
	storm = getenv("MODEL_STORM");
	if (storm)
		weather_storm(&random, getenv("MODEL_CALM"));
	else
		run_rounds(&random);
	settle();
	tell();
	return 0;
}
