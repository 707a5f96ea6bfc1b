// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sectors of the main device and of a spare, both linear mappings, fail and
 * heal.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/dm.h"
#include "model.h"

#define HOLES 8

struct hole {
	unsigned int first, number;
};

struct disk {
	char *name;		/* of the mapping */
	char *below;
	unsigned int size;
	struct hole holes[HOLES];
	int n;
};

/* A block that lives in a lease on the spare, and its sector there. */
struct resident {
	unsigned int block, sector;
};

static struct disk main_device, spare;
static struct resident *residents;
static unsigned int nr_residents;

void disks_init(char *main_name, char *main_disk, char *spare_name, char *spare_disk,
		unsigned int spare_size)
{
	main_device = (struct disk){ .name = main_name, .below = main_disk, .size = sectors };
	spare = (struct disk){ .name = spare_name, .below = spare_disk, .size = spare_size };
	residents = calloc(sectors / BLOCK + 2, sizeof(*residents));
}

static int by_first(const void *a, const void *b)
{
	const struct hole *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

static void add_hole(struct disk *disk, unsigned int first, unsigned int number)
{
	if (disk->n == HOLES || first >= disk->size)
		return;
	if (number > disk->size - first)
		number = disk->size - first;
	disk->holes[disk->n++] = (struct hole){ first, number };
}

static bool is_in_hole(const struct disk *disk, unsigned int first, unsigned int number)
{
	for (int i = 0; i < disk->n; i++)
		if (first < disk->holes[i].first + disk->holes[i].number &&
		    disk->holes[i].first < first + number)
			return true;
	return false;
}

/* The disk has these holes from now on; those before have healed. */
static void install_holes(struct disk *disk)
{
	unsigned int at = 0, len = 0;
	char table[4096];
	int r;

	qsort(disk->holes, disk->n, sizeof(*disk->holes), by_first);
	for (int i = 0; i < disk->n; i++) {
		unsigned int first = disk->holes[i].first, end = first + disk->holes[i].number;

		if (first < at)
			first = at;
		if (first > at)
			len += sprintf(table + len, "%u %u linear %s %u\n", at, first - at, disk->below,
				       at);
		if (end <= first)
			continue;
		len += sprintf(table + len, "%u %u error\n", first, end - first);
		at = end;
	}
	if (at < disk->size)
		sprintf(table + len, "%u %u linear %s %u\n", at, disk->size - at, disk->below, at);
	r = dm_load(disk->name, table);
	if (r)
		fail("loading a table with holes: %s\n%s", strerror(r), table);
	must(dm_resume(disk->name, DM_SKIP_LOCKFS_FLAG), "making holes");
}

void break_main(uint64_t *random)
{
	unsigned int start = draw(random, 4) ? window : draw(random, sectors - WINDOW);

	main_device.n = 0;
	for (unsigned int n = draw(random, 6); n; n--)
		add_hole(&main_device, start + draw(random, WINDOW - 24), 1 + draw(random, 24));
	breakage_begin();
	for (int i = 0; i < main_device.n; i++)
		for (unsigned int s = 0; s < main_device.holes[i].number; s++)
			lost(main_device.holes[i].first + s);
	breakage_said();
	install_holes(&main_device);
	breakage_over();
	tally.holes += main_device.n;
}

static bool is_on_spare(const struct lease *lease)
{
	return !strcmp(lease->device + strlen("/dev/mapper/"), spare.name);
}

/* What a line of the target's list says; false when it is no remap. */
static bool parse_remap(const char *line, struct resident *resident)
{
	unsigned int position, slot;
	const struct lease *lease;

	if (sscanf(line, "%u %u %u", &resident->block, &position, &slot) != 3)
		return false;
	if (position >= members)
		fail("the target lists a lease %u, and has %u", position, members);
	lease = &leases[order[position]];
	if (!is_on_spare(lease))
		return false;
	resident->sector = lease->offset + lease->metadata + slot * BLOCK;
	return true;
}

/* Who lives on the spare; right as long as the target is suspended. */
static void find_residents(void)
{
	static char answer[16384];
	unsigned int next = 0;
	bool more = true;

	nr_residents = 0;
	while (more) {
		char *line, *rest = answer;

		must(dm_message(target, answer, sizeof(answer), "list %u", next), "list");
		more = false;
		while ((line = strsep(&rest, "\n"))) {
			if (sscanf(line, "next %u", &next) == 1)
				more = true;
			else if (parse_remap(line, &residents[nr_residents]))
				nr_residents++;
		}
	}
}

static void add_spare_hole(uint64_t *random)
{
	struct lease *lease = &leases[1 + draw(random, nr_leases - 1)];
	unsigned int number = 1 + draw(random, 24);

	if (draw(random, 3) && nr_residents) {
		struct resident *resident = &residents[draw(random, nr_residents)];

		add_hole(&spare, resident->sector + draw(random, BLOCK), number);
	} else if (is_on_spare(lease) && draw(random, 3)) {
		add_hole(&spare, lease->offset + lease->metadata + draw(random, lease->length / 2),
			 number);
	} else if (is_on_spare(lease)) {
		add_hole(&spare, lease->offset + draw(random, lease->metadata), number);
	}
}

static void taint_leases(void)
{
	for (unsigned int i = 0; i < nr_leases; i++)
		if (is_on_spare(&leases[i]) &&
		    is_in_hole(&spare, leases[i].offset, leases[i].metadata))
			leases[i].tainted = true;
}

static void lose_residents(void)
{
	for (unsigned int i = 0; i < nr_residents; i++)
		for (unsigned int s = 0; s < BLOCK && residents[i].block * BLOCK + s < sectors; s++)
			if (is_in_hole(&spare, residents[i].sector + s, 1))
				lost(residents[i].block * BLOCK + s);
}

/* Blocks stay where they are while the target is suspended, so it is known which are hit. */
void break_spare(uint64_t *random)
{
	suspend_target(random);
	find_residents();
	spare.n = 0;
	for (unsigned int n = draw(random, 5); n; n--)
		add_spare_hole(random);
	taint_leases();
	breakage_begin();
	lose_residents();
	breakage_said();
	install_holes(&spare);
	breakage_over();
	tally.spare_holes += spare.n;
	resume_target(random);
}

void heal_disks(void)
{
	main_device.n = 0;
	install_holes(&main_device);
	spare.n = 0;
	install_holes(&spare);
}
