// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leases, and the tables that grant them. The first lease is sound and stays,
 * so that there always is space; the others come and go.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/dm.h"
#include "model.h"

#define DATA_START 72	/* where a superblock says it (kernel/METADATA.md) */

struct lease leases[LEASES];
unsigned int nr_leases, members;
unsigned int order[LEASES];

static const char *main_device, *target_uuid;
static unsigned int generation = 1;

static int open_device(const struct lease *lease)
{
	int fd = open(lease->device, O_RDWR | O_DIRECT | O_CLOEXEC);

	if (fd < 0)
		fail("%s: %s", lease->device, strerror(errno));
	return fd;
}

static void read_metadata(struct lease *lease, unsigned int number)
{
	size_t bytes = (size_t)number * SECTOR;
	int fd = open_device(lease);

	free(lease->image);
	if (posix_memalign(&lease->image, 4096, bytes) ||
	    pread(fd, lease->image, bytes, (off_t)lease->offset * SECTOR) != (ssize_t)bytes)
		fail("reading the metadata of lease %s: %s", lease->uuid, strerror(errno));
	close(fd);
}

static void init_lease(struct lease *lease, const char *text)
{
	uint64_t data_start;

	if (sscanf(text, "%63s %u %u %39s", lease->device, &lease->offset, &lease->length,
		   lease->uuid) != 4)
		fail("what is the lease %s?", text);
	read_metadata(lease, BLOCK);
	memcpy(&data_start, (char *)lease->image + DATA_START, sizeof(data_start));
	lease->metadata = le64toh(data_start);
	read_metadata(lease, lease->metadata);
}

void leases_init(const char *main_name, const char *uuid, unsigned int given, char **texts,
		 unsigned int number)
{
	if (number > LEASES || number < 2 || given > number)
		fail("%u of %u leases are given", given, number);
	main_device = main_name;
	target_uuid = uuid;
	nr_leases = number;
	for (unsigned int i = 0; i < number; i++) {
		init_lease(&leases[i], texts[i]);
		leases[i].tainted = meddled;
	}
	for (members = 0; members < given; members++) {
		order[members] = members;
		leases[members].member = true;
	}
}

static void table_line(char *line, unsigned int number)
{
	line += sprintf(line, "0 %u remap /dev/mapper/%s 0 %u %s %u %u", sectors, main_device, BLOCK,
			target_uuid, number, members);
	for (unsigned int i = 0; i < members; i++)
		line += sprintf(line, " %s %u %u", leases[order[i]].device, leases[order[i]].offset,
				leases[order[i]].length);
}

void create(void)
{
	char line[4096];

	table_line(line, generation);
	must(dm_create(target, line, target_path), "create");
}

static unsigned int suspend_flags(uint64_t *random)
{
	return draw(random, 2) ? DM_NOFLUSH_FLAG | DM_SKIP_LOCKFS_FLAG : 0;
}

void suspend_target(uint64_t *random)
{
	must(dm_suspend(target, suspend_flags(random)), "suspend");
}

void resume_target(uint64_t *random)
{
	must(dm_resume(target, suspend_flags(random)), "resume");
	evacuation_may_be_over();
}

/* Answers an errno when the table was refused; the one before is live then. */
static int change_table(unsigned int number, uint64_t *random)
{
	char line[4096];
	int r;

	table_line(line, number);
	r = dm_load(target, line);
	if (r)
		return r;
	generation = number;
	resume_target(random);
	count(&tally.reloads);
	return 0;
}

static void insert_member(unsigned int which, unsigned int at)
{
	memmove(order + at + 1, order + at, (members - at) * sizeof(*order));
	order[at] = which;
	members++;
	leases[which].member = true;
}

/* Answers where it stood. */
static unsigned int remove_member(unsigned int which)
{
	unsigned int at = 0;

	while (order[at] != which)
		at++;
	members--;
	memmove(order + at, order + at + 1, (members - at) * sizeof(*order));
	leases[which].member = false;
	return at;
}

void reload(uint64_t *random)
{
	unsigned int moved = order[draw(random, members)];
	bool reorder = draw(random, 3);

	if (reorder) {
		remove_member(moved);
		insert_member(moved, draw(random, members + 1));
	}
	allowed(change_table(generation + (reorder ? 1 : draw(random, 2)), random), OK, "reload");
}

void reload_anew(uint64_t *random)
{
	must(change_table(generation + 1, random), "reload");
}

void leave_out(unsigned int which, bool has_to, uint64_t *random)
{
	unsigned int at = remove_member(which);
	uint64_t may = has_to ? OK : OK | MAY(EBUSY);

	if (allowed(change_table(generation + 1, random), may, "leaving a lease out"))
		insert_member(which, at);
	else
		count(&tally.left);
}

void leave_out_any(uint64_t *random)
{
	unsigned int which = order[draw(random, members)];

	if (which)
		leave_out(which, false, random);
}

/* As user space does it before a lease is lent. It takes sectors that can be written. */
static void format(struct lease *lease)
{
	size_t bytes = (size_t)lease->metadata * SECTOR;
	int fd = open_device(lease);

	lease->unformatted = true;
	if (pwrite(fd, lease->image, bytes, (off_t)lease->offset * SECTOR) == (ssize_t)bytes &&
	    !fsync(fd)) {
		lease->unformatted = false;
		lease->tainted = meddled;
		count(&tally.formatted);
	}
	close(fd);
}

static unsigned int a_lease_outside(uint64_t *random)
{
	unsigned int which, n = draw(random, nr_leases - members) + 1;

	for (which = 0; n; which++)
		n -= !leases[which].member;
	return which - 1;
}

/* A lease is lent for the first time, again as it left, or formatted anew. */
void take_in(uint64_t *random)
{
	struct lease *lease;
	unsigned int which;
	uint64_t may = OK;

	if (members == nr_leases)
		return;
	which = a_lease_outside(random);
	lease = &leases[which];
	if (lease->unformatted || !draw(random, lease->tainted ? 2 : 4))
		format(lease);
	if (lease->unformatted)
		return;
	if (lease->tainted)
		may |= MAY(EINVAL) | MAY(EIO);
	insert_member(which, draw(random, members + 1));
	if (allowed(change_table(generation + 1, random), may, "taking a lease in"))
		remove_member(which);
	else
		count(&tally.taken_in);
}
