// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's part in the crash tests, on crash disks (test/lab/crash/disk)
 * that exist already as crash1 (the main device), crash2, ...
 *
 *   crash load SEED OPERATIONS STATE LOG SECTORS BLOCK UUID GENERATION VERSION MEMBERS LEASE...
 *
 * puts the disks into the state, makes a target with a trace over it, does all
 * to it that may be done, and leaves the log. LEASE is "disk offset length
 * uuid", MEMBERS names those of the first table by position, as in "0,2".
 *
 *   crash check STATES ANSWERS SECTORS
 *
 * puts the disks into one state after the other, makes the target that each
 * names, and answers what it reads: a word that says whether it was made, then
 * one for each sector.
 *
 * A state, in little-endian 32-bit words: the number of patches; each a disk,
 * the first sector, the number of sectors, and the data; the number of broken
 * extents; each a disk, the first sector, the number of sectors, and r, w, rw,
 * late or once as 1 to 5; the bytes of the table line, and the line, padded.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "common/dm.h"

#define SECTOR 512
#define MAGIC 0x4c444f4d
#define THREADS 5
#define MOST 128		/* sectors of one operation */
#define DISKS 8
#define LEASES 16
#define UNREADABLE 0xffffffff
#define FOREIGN 0xfffffffe
#define WINDOW 256		/* sectors in which most happens */
#define SECONDS 90		/* when a load ends at the latest */

static void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	_exit(1);
}

static unsigned int draw(uint64_t *state, unsigned int below)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*state >> 33) % below;
}

/* States of the disks. */

static int disks[DISKS];
static unsigned int disk_sectors[DISKS];

static void open_disks(void)
{
	for (int i = 1; i < DISKS; i++) {
		unsigned long long bytes;
		char path[32];

		sprintf(path, "/dev/mapper/crash%d", i);
		disks[i] = open(path, O_RDWR | O_DIRECT);
		if (disks[i] < 0)
			break;
		if (ioctl(disks[i], BLKGETSIZE64, &bytes))
			fail("%s: %s", path, strerror(errno));
		disk_sectors[i] = bytes / SECTOR;
	}
}

static uint32_t word(FILE *file)
{
	uint32_t value;

	if (fread(&value, sizeof(value), 1, file) != 1)
		fail("the file of states ends early");
	return value;
}

static void break_disk(int disk, unsigned int first, unsigned int count, unsigned int how)
{
	static const char *const names[] = { "", "r", "w", "rw", "late", "once" };
	char name[16];
	int r;

	sprintf(name, "crash%d", disk);
	if (how)
		r = dm_message(name, NULL, 0, "break %u %u %s", first, count, names[how]);
	else
		r = dm_message(name, NULL, 0, "heal %u %u", first, count);
	if (r)
		fail("breaking %s %u+%u: %s", name, first, count, strerror(r));
}

static void apply_patch(FILE *file)
{
	uint32_t disk = word(file), first = word(file), count = word(file);
	size_t bytes = (size_t)count * SECTOR;
	void *data = NULL;

	if (posix_memalign(&data, 4096, bytes) || fread(data, bytes, 1, file) != 1)
		fail("the file of states ends early");
	if (pwrite(disks[disk], data, bytes, (off_t)first * SECTOR) != (ssize_t)bytes)
		fail("restoring disk %u %u+%u: %s", disk, first, count, strerror(errno));
	free(data);
}

/* Answers false at the end of the file. */
static bool apply_state(FILE *file, char *line)
{
	uint32_t n;

	if (fread(&n, sizeof(n), 1, file) != 1)
		return false;
	for (int i = 1; i < DISKS && disk_sectors[i]; i++)
		break_disk(i, 0, disk_sectors[i], 0);
	while (n--)
		apply_patch(file);
	for (n = word(file); n; n--) {
		uint32_t disk = word(file), first = word(file), count = word(file);

		break_disk(disk, first, count, word(file));
	}
	n = word(file);
	if (n % 4 || fread(line, 1, n, file) != n)
		fail("the file of states ends early");
	line[n] = 0;
	return true;
}

/* What sectors hold. */

static void stamp(uint32_t *buf, unsigned int sector, uint32_t number)
{
	for (int i = 0; i < SECTOR / 16; i++) {
		*buf++ = MAGIC;
		*buf++ = sector;
		*buf++ = number;
		*buf++ = i;
	}
}

static uint32_t version_of(const unsigned char *buf, unsigned int sector)
{
	static const unsigned char zero[SECTOR];
	uint32_t expect[SECTOR / 4], number = ((const uint32_t *)buf)[2];

	if (!memcmp(buf, zero, SECTOR))
		return 0;
	stamp(expect, sector, number);
	return memcmp(buf, expect, SECTOR) ? FOREIGN : number;
}

static void read_versions(const char *path, unsigned int sectors, uint32_t *versions)
{
	int fd = open(path, O_RDONLY | O_DIRECT);
	unsigned char *buf = NULL;

	if (fd < 0 || posix_memalign((void **)&buf, 4096, MOST * SECTOR))
		fail("%s: %s", path, strerror(errno));
	for (unsigned int at = 0; at < sectors; at += MOST) {
		unsigned int n = sectors - at < MOST ? sectors - at : MOST;
		bool all = pread(fd, buf, n * SECTOR, (off_t)at * SECTOR) == (ssize_t)n * SECTOR;

		for (unsigned int i = 0; i < n; i++) {
			unsigned char *sector = buf + i * SECTOR;

			if (!all && pread(fd, sector, SECTOR, (off_t)(at + i) * SECTOR) != SECTOR)
				versions[at + i] = UNREADABLE;
			else
				versions[at + i] = version_of(sector, at + i);
		}
	}
	free(buf);
	close(fd);
}

static int check(char **argv)
{
	FILE *states = fopen(argv[0], "r"), *answers = fopen(argv[1], "w");
	unsigned int sectors = atoi(argv[2]), n = 0;
	uint32_t *versions = malloc(sectors * sizeof(*versions));
	char line[4096], table[4200], path[32];

	if (!states || !answers)
		fail("%s, %s: %s", argv[0], argv[1], strerror(errno));
	while (apply_state(states, line)) {
		sprintf(table, "0 %u %s", sectors, line);
		uint32_t made = !dm_create("checked", table, path);

		fwrite(&made, sizeof(made), 1, answers);
		if (made) {
			read_versions(path, sectors, versions);
			fwrite(versions, sizeof(*versions), sectors, answers);
			if (dm_remove("checked"))
				fail("the target cannot be removed");
		}
		n++;
	}
	fclose(answers);
	printf("%u states\n", n);
	return 0;
}

/* A load. */

struct lease {
	int disk;
	unsigned int offset, length;
	char uuid[40];
	bool member;
	bool clean;		/* was evacuated, and left out */
};

struct range {
	unsigned int first, count;
	bool taken;
};

static struct lease leases[LEASES];
static int order[LEASES], members, nr_leases;
static unsigned int sectors, block, generation, window;
static const char *uuid;
static char upper[32];
static int log_fd;
static bool tainted;		/* metadata may not have been written */
static long left;
static uint32_t version;
static struct range active[THREADS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static unsigned long writes, write_errors, reads, read_errors, flushes, reloads, refused, jobs, breaks;

static void note(const char *format, ...)
{
	char text[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (write(log_fd, text, n) != n)
		fail("/dev/crash-log: %s", strerror(errno));
}

static void take(int thread, unsigned int first, unsigned int count)
{
	pthread_mutex_lock(&lock);
again:
	for (int i = 0; i < THREADS; i++) {
		if (active[i].taken && active[i].first < first + count &&
		    first < active[i].first + active[i].count) {
			pthread_cond_wait(&freed, &lock);
			goto again;
		}
	}
	active[thread] = (struct range){ first, count, true };
	pthread_mutex_unlock(&lock);
}

static void give(int thread)
{
	pthread_mutex_lock(&lock);
	active[thread].taken = false;
	pthread_cond_broadcast(&freed);
	pthread_mutex_unlock(&lock);
}

static void write_range(int fd, unsigned char *buf, unsigned int first, unsigned int count, bool durable)
{
	uint32_t number = __sync_add_and_fetch(&version, 1);
	struct iovec vec = { buf, count * SECTOR };

	for (unsigned int i = 0; i < count; i++)
		stamp((uint32_t *)(buf + i * SECTOR), first + i, number);
	__sync_fetch_and_add(&writes, 1);
	if (pwritev2(fd, &vec, 1, (off_t)first * SECTOR, durable ? RWF_DSYNC : 0) != (ssize_t)vec.iov_len)
		__sync_fetch_and_add(&write_errors, 1);
}

static void operate(int fd, unsigned char *buf, int thread, uint64_t *random)
{
	unsigned int what = draw(random, 100);
	unsigned int most = draw(random, 6) ? 16 : MOST;
	unsigned int count = 1 + draw(random, most);
	unsigned int first = draw(random, sectors - count);
	uint64_t range[2];

	if (draw(random, 8))
		first = window + draw(random, WINDOW - count);
	if (!draw(random, 40))
		first = sectors - count;
	if (!draw(random, 3)) { /* whole blocks */
		count = (count + block - 1) / block * block;
		count = count > MOST ? MOST : count;
		first = first / block * block;
		if (first + count > sectors)
			count = sectors - first;
	}
	range[0] = (uint64_t)first * SECTOR;
	range[1] = (uint64_t)count * SECTOR;
	if (what >= 94) {
		if (fsync(fd))
			__sync_fetch_and_add(&write_errors, 1);
		__sync_fetch_and_add(&flushes, 1);
		return;
	}
	take(thread, first, count);
	if (what < 14) {
		__sync_fetch_and_add(&reads, 1);
		if (pread(fd, buf, range[1], range[0]) != (ssize_t)range[1])
			__sync_fetch_and_add(&read_errors, 1);
	} else if (what < 86) {
		write_range(fd, buf, first, count, what < 32);
	} else if (what < 90) {
		ioctl(fd, BLKZEROOUT, range);
	} else {
		ioctl(fd, BLKDISCARD, range);
	}
	give(thread);
}

static void *work(void *arg)
{
	int thread = (intptr_t)arg, fd = open(upper, O_RDWR | O_DIRECT);
	uint64_t random = version * 1000003ULL + thread * 7919 + 1;
	void *buf = NULL;

	if (fd < 0 || posix_memalign(&buf, 4096, MOST * SECTOR))
		fail("%s: %s", upper, strerror(errno));
	while (__sync_sub_and_fetch(&left, 1) > 0) {
		operate(fd, buf, thread, &random);
		if (!draw(&random, 4))
			usleep(draw(&random, 8000)); /* else little is done to the target meanwhile */
	}
	close(fd);
	free(buf);
	return NULL;
}

static void table(char *line, unsigned int number)
{
	line += sprintf(line, "0 %u remap /dev/mapper/crash1 0 %u %s %u %d", sectors, block, uuid, number,
			members);
	for (int i = 0; i < members; i++)
		line += sprintf(line, " /dev/mapper/crash%d %u %u", leases[order[i]].disk,
				leases[order[i]].offset, leases[order[i]].length);
}

/* The job's and the lease's words in the status. */
static bool job_runs(char *status)
{
	dm_status("load", status, 4096);
	return strstr(status, ":running:");
}

static void wait_for_job(char *status)
{
	for (int i = 0; job_runs(status); i++) {
		if (i > 2000)
			fail("a job does not end: %s", status);
		usleep(1000);
	}
}

static unsigned int lease_used(const char *status, int which)
{
	const char *at = strstr(status, leases[which].uuid);
	unsigned int used = ~0U;

	if (at)
		sscanf(at, "%*s %*s %*s %u/", &used);
	return used;
}

static void leave_out(int which)
{
	int n = 0;

	for (int i = 0; i < members; i++)
		if (order[i] != which)
			order[n++] = order[i];
	members = n;
	leases[which].member = false;
}

static void reload(const char *why)
{
	unsigned int flags = generation % 2 ? DM_NOFLUSH_FLAG | DM_SKIP_LOCKFS_FLAG : 0;
	char line[4096];
	int r;

	table(line, generation + 1);
	note("loads generation %u: %s", generation + 1, why);
	r = dm_load("load", line);
	if (!r) {
		generation++;
		r = dm_resume("load", flags);
		if (r)
			fail("resuming generation %u: %s", generation, strerror(r));
		note("live %u", generation);
		reloads++;
		return;
	}
	refused++;
	note("refused: %s", strerror(r));
}

/* Tries it with other members; goes back when that is refused. */
static bool reload_or_not(const char *why, const int *before, int nr_before)
{
	unsigned int was = generation;

	reload(why);
	if (generation != was)
		return true;
	memcpy(order, before, sizeof(order));
	members = nr_before;
	for (int i = 0; i < nr_leases; i++)
		leases[i].member = false;
	for (int i = 0; i < members; i++)
		leases[order[i]].member = true;
	return false;
}

static bool remove_lease(int which, const char *why)
{
	int before[LEASES], nr = members;

	memcpy(before, order, sizeof(order));
	leave_out(which);
	return reload_or_not(why, before, nr);
}

static void add_lease(uint64_t *random)
{
	int before[LEASES], nr = members, which = draw(random, nr_leases), at;

	if (leases[which].member)
		return;
	memcpy(before, order, sizeof(order));
	at = draw(random, members + 1);
	memmove(order + at + 1, order + at, (members - at) * sizeof(*order));
	order[at] = which;
	members++;
	leases[which].member = true;
	if (!reload_or_not("a lease more", before, nr) && leases[which].clean && !tainted)
		note("VIOLATION lease %d was evacuated and is refused", which);
	leases[which].clean = false;
}

static void evacuate(uint64_t *random)
{
	int which = order[draw(random, members)];
	char status[4096], *job;
	unsigned int done, total, failed;

	if (members < 2)
		return;
	note("evacuates lease %d", which);
	if (dm_message("load", NULL, 0, "evacuate %s", leases[which].uuid))
		return;
	jobs++;
	if (!draw(random, 4))
		return;
	wait_for_job(status);
	job = strstr(status, " evacuate:done:");
	if (!job || sscanf(job, " evacuate:done:%u/%u:%u", &done, &total, &failed) != 3 || failed ||
	    lease_used(status, which))
		return;
	note("evacuated lease %d", which);
	if (draw(random, 4) && remove_lease(which, "an evacuated lease less"))
		leases[which].clean = true;
}

static void remove_unused(uint64_t *random)
{
	int which = order[draw(random, members)];
	char status[4096];

	dm_status("load", status, sizeof(status));
	if (members > 1 && lease_used(status, which) == 0)
		remove_lease(which, "an unused lease less");
}

static void release(uint64_t *random, bool all)
{
	unsigned int first = window + draw(random, WINDOW), count = 1 + draw(random, 64);

	count = first + count > sectors ? sectors - first : count;
	note("releases %u+%u", all ? 0 : first, all ? sectors : count);
	jobs += !(all ? dm_message("load", NULL, 0, "release all") :
			dm_message("load", NULL, 0, "release %u %u", first, count));
}

static void migrate_to(int which, unsigned int first, unsigned int count)
{
	count = first + count > sectors ? sectors - first : count;
	note("migrates %u+%u to lease %d", first, count, which);
	jobs += !dm_message("load", NULL, 0, "migrate %u %u %s", first, count, leases[which].uuid);
}

static void migrate(uint64_t *random, unsigned int first, unsigned int count)
{
	migrate_to(order[draw(random, members)], first, count);
}

static void move(uint64_t *random, unsigned int first, unsigned int count)
{
	count = first + count > sectors ? sectors - first : count;
	note("remaps %u+%u", first, count);
	dm_message("load", NULL, 0, "remap %u %u", first, count);
}

/* Moved, moved on, written, and brought back: the way on which old entries could come up again. */
static void round_trip(uint64_t *random)
{
	unsigned int first = window + draw(random, WINDOW - 2 * block), count = 1 + draw(random, 6 * block);
	char status[4096];

	move(random, first, count);
	usleep(draw(random, 10000));
	for (int i = draw(random, 3); i >= 0; i--) {
		migrate(random, first, count);
		wait_for_job(status);
		usleep(draw(random, 10000));
	}
	release(random, draw(random, 2));
	wait_for_job(status);
}

static void break_main(uint64_t *random)
{
	char status[4096];

	wait_for_job(status);
	for (int i = draw(random, 4); i >= 0; i--) {
		unsigned int first = window + draw(random, WINDOW), count = 1 + draw(random, 12);

		if (first + count > sectors)
			first = sectors - count;
		break_disk(1, first, count, 1 + draw(random, 5));
		breaks++;
	}
}

/* Metadata of a lease, or a part of it, takes no writes while blocks are to move there. */
static void break_spare(uint64_t *random)
{
	int which = order[draw(random, members)];
	struct lease *lease = &leases[which];
	unsigned int first = 0, count = 1 + draw(random, 48), block_first = window + draw(random, WINDOW / 2);
	char status[4096];

	switch (draw(random, 4)) {
	case 0:
		first = draw(random, lease->length);
		break;
	case 1:
		first = 8 * draw(random, 6);
		break;
	case 2:
		first = 16; /* the entry pages, not the superblock */
		count = 32;
		break;
	case 3:
		count = 16; /* the superblock, not the entry pages */
		break;
	}
	if (first + count > lease->length)
		count = lease->length - first;
	tainted = true;
	note("breaks lease %d at %u+%u", which, first, count);
	break_disk(lease->disk, lease->offset + first, count, draw(random, 2) ? 2 : 4);
	breaks++;
	for (int i = draw(random, 4); i; i--) {
		switch (draw(random, 5)) {
		case 0:
			evacuate(random);
			break;
		case 1:
			migrate(random, block_first, 1 + draw(random, WINDOW));
			break;
		case 2:
			move(random, block_first, 1 + draw(random, 8 * block));
			break;
		case 3:
			remove_unused(random);
			break;
		case 4:
			add_lease(random);
			break;
		}
		usleep(draw(random, 10000));
		wait_for_job(status);
	}
	if (draw(random, 3))
		break_disk(lease->disk, lease->offset + first, count, 0);
	if (!draw(random, 3))
		reload("the same leases");
	if (draw(random, 3)) {
		release(random, draw(random, 3));
		wait_for_job(status);
		usleep(draw(random, 20000));
	}
	break_disk(lease->disk, lease->offset + first, count, 0);
}

/* Blocks move on to a lease whose entry pages take no writes for a while, and are brought back. */
static void unsure_trip(uint64_t *random)
{
	unsigned int first = window + draw(random, WINDOW - 2 * block), count = 1 + draw(random, 6 * block);
	int which = order[draw(random, members)];
	struct lease *lease = &leases[which];
	char status[4096];

	tainted = true;
	wait_for_job(status);
	move(random, first, count);
	note("breaks the entry pages of lease %d", which);
	break_disk(lease->disk, lease->offset + 16, 32, draw(random, 2) ? 2 : 4);
	breaks++;
	migrate_to(which, first, count);
	wait_for_job(status);
	if (draw(random, 2))
		usleep(draw(random, 20000));
	break_disk(lease->disk, lease->offset + 16, 32, 0);
	if (!draw(random, 6))
		reload("the same leases");
	if (!draw(random, 6))
		return;
	/* These and no others: what else is released could write the pages that matter. */
	count = first + count > sectors ? sectors - first : count;
	note("releases %u+%u", first, count);
	dm_message("load", NULL, 0, "release %u %u", first, count);
	wait_for_job(status);
	usleep(20000 + draw(random, 80000));
}

/* One of a few, so that a load meets what those before it left. */
static void choose_window(uint64_t *random)
{
	window = draw(random, 4) * ((sectors - WINDOW) / 3 / block * block);
}

static void administer(uint64_t *random, bool spares_fail)
{
	unsigned int what = draw(random, 100);
	unsigned int first = window + draw(random, WINDOW);

	usleep(draw(random, 10000));
	if (!draw(random, 12))
		choose_window(random);
	if (what < 22)
		break_main(random);
	else if (what < 32)
		break_disk(1, 0, disk_sectors[1], 0);
	else if (what < 42)
		move(random, first, 1 + draw(random, 10 * block));
	else if (what < 50)
		release(random, draw(random, 3) == 0);
	else if (what < 58)
		migrate(random, draw(random, 4) ? first : 0, draw(random, 4) ? 1 + draw(random, WINDOW) : sectors);
	else if (what < 70)
		round_trip(random);
	else if (what < 78)
		evacuate(random);
	else if (what < 86)
		add_lease(random);
	else if (what < 90)
		remove_unused(random);
	else if (what < 92)
		reload("the same leases");
	else if (spares_fail && draw(random, 2))
		unsure_trip(random);
	else if (spares_fail)
		break_spare(random);
}

static void dump(const char *path)
{
	static char buf[1 << 16];
	int from = open("/dev/crash-log", O_RDONLY);
	FILE *to = fopen(path, "w");
	ssize_t n;

	if (from < 0 || !to)
		fail("%s: %s", path, strerror(errno));
	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (fwrite(buf, n, 1, to) != 1)
			fail("%s: %s", path, strerror(errno));
	if (n || fclose(to))
		fail("%s: %s", path, strerror(errno));
}

static void parse_lease(char *text)
{
	struct lease *lease = &leases[nr_leases++];

	if (sscanf(text, "%d %u %u %36s", &lease->disk, &lease->offset, &lease->length, lease->uuid) != 4)
		fail("what is the lease %s?", text);
}

static int load(int argc, char **argv)
{
	uint64_t random = strtoull(argv[0], NULL, 10);
	FILE *state = fopen(argv[2], "r");
	char line[4096], path[32];
	pthread_t threads[THREADS];
	time_t end = time(NULL) + SECONDS;
	int r;

	left = atol(argv[1]);
	sectors = atoi(argv[4]);
	block = atoi(argv[5]);
	uuid = argv[6];
	generation = atoi(argv[7]);
	version = atoi(argv[8]);
	for (char *at = strtok(argv[9], ","); at; at = strtok(NULL, ","))
		order[members++] = atoi(at);
	for (int i = 10; i < argc; i++)
		parse_lease(argv[i]);
	for (int i = 0; i < members; i++)
		leases[order[i]].member = true;
	log_fd = open("/dev/crash-log", O_WRONLY);
	if (log_fd < 0 || !state || !apply_state(state, line))
		fail("%s: %s", argv[2], strerror(errno));
	for (int i = 0; i < 5; i++)
		draw(&random, 2);
	bool spares_fail = draw(&random, 2);

	choose_window(&random);
	note("start %s", argv[0]);
	table(line, generation);
	r = dm_create("load", line, path);
	if (r)
		fail("the target cannot be made: %s", strerror(r));
	note("live %u", generation);
	sprintf(line, "0 %u crash-trace %s 0", sectors, path);
	r = dm_create("upper", line, upper);
	if (r)
		fail("the trace cannot be made: %s", strerror(r));
	for (intptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, (void *)i);
	while (__atomic_load_n(&left, __ATOMIC_SEQ_CST) > 0 && time(NULL) < end)
		administer(&random, spares_fail);
	__atomic_store_n(&left, 0, __ATOMIC_SEQ_CST);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	note("stop");
	dump(argv[3]);
	if (dm_remove("upper") || dm_remove("load"))
		fail("the target cannot be removed");
	printf("%lu writes (%lu fail), %lu reads (%lu fail), %lu flushes, %lu jobs, %lu reloads (%lu refused), %lu breakages\n",
	       writes, write_errors, reads, read_errors, flushes, jobs, reloads, refused, breaks);
	return 0;
}

int main(int argc, char **argv)
{
	open_disks();
	if (argc > 12 && !strcmp(argv[1], "load"))
		return load(argc - 2, argv + 2);
	if (argc == 5 && !strcmp(argv[1], "check"))
		return check(argv + 2);
	fail("wrong arguments");
}
