// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does to a remap target at random all that may be done to it, from several
 * threads, and knows for each sector what it may answer. In its main device,
 * a linear mapping, sectors fail and heal meanwhile.
 *
 *   model SEED SECONDS TARGET SECTORS UUID MAIN MAIN_DISK GIVEN LEASE...
 *
 * LEASE is "device offset length"; the first GIVEN are in the first table, each
 * reload adds another. TARGET and MAIN are names of mapped devices; the latter
 * must exist. At the end the target is made anew and read in full.
 *
 * With MODEL_STORM in the environment, a command, all I/O may fail from when the
 * target is made and the command was run until MODEL_CALM was, when the load has
 * ended. What reads without an error still has to be what was written.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SECTOR 512
#define THREADS 6
#define MOST 256	/* sectors of one operation */
#define WINDOW 512	/* sectors in which most happens, so that threads meet in blocks */
#define BLOCK 8
#define MAGIC 0x4c444f4d
#define MAYBE 8		/* versions that failed writes may have left */

struct sector {
	uint32_t maybe[MAYBE];	/* what it may hold; version 0 is zeroes */
	int n;
	uint32_t last;		/* highest version ever written there */
	bool discarded;		/* anything that it ever held */
	uint64_t bad;		/* breakage since which it may be unreadable, or 0 */
};

struct range {
	unsigned int first, count;
	bool taken;
};

static unsigned int seed, seconds, sectors, given, leases, used, generation;
static const char *target, *uuid, *main_name, *main_disk, *storm, *calm;
static char **lease;
static struct sector *model;
static struct range active[THREADS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static uint64_t breakage, breakage_done;
static uint32_t version;
static unsigned int window;
static volatile bool stop;
static unsigned long reads, writes, errors, write_errors, discards, zeroes, flushes, reloads, moves, holes;

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

static void stamp(uint32_t *buf, unsigned int sector, uint32_t number)
{
	for (int i = 0; i < SECTOR / 16; i++) {
		*buf++ = MAGIC;
		*buf++ = sector;
		*buf++ = number;
		*buf++ = i;
	}
}

static void check_sector(const unsigned char *buf, unsigned int at)
{
	static const unsigned char zero[SECTOR];
	uint32_t expect[SECTOR / 4], number = ((const uint32_t *)buf)[2];
	struct sector *s = &model[at];
	bool right = false;

	if (memcmp(buf, zero, SECTOR)) {
		stamp(expect, at, number);
		if (memcmp(buf, expect, SECTOR))
			fail("sector %u holds what was never written there: %08x %08x %08x %08x", at,
			     ((uint32_t *)buf)[0], ((uint32_t *)buf)[1], number, ((uint32_t *)buf)[3]);
	}
	for (int i = 0; i < s->n; i++)
		right = right || s->maybe[i] == number;
	if (!right && !(s->discarded && number <= s->last))
		fail("sector %u holds version %u; it should be %u (%d possible)", at, number,
		     s->maybe[0], s->n);
	if (storm)
		return; /* after a failed write either may be there, until the next one */
	s->maybe[0] = number;
	s->n = 1;
	s->discarded = false;
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

static bool may_be_bad(unsigned int at)
{
	bool bad;

	pthread_mutex_lock(&lock);
	bad = model[at].bad;
	pthread_mutex_unlock(&lock);
	return bad;
}

static void read_range(int fd, void *buf, unsigned int first, unsigned int count)
{
	ssize_t r = pread(fd, buf, count * SECTOR, (off_t)first * SECTOR);
	bool bad = false;

	__sync_fetch_and_add(&reads, 1);
	if (r == (ssize_t)count * SECTOR) {
		for (unsigned int i = 0; i < count; i++)
			check_sector((unsigned char *)buf + i * SECTOR, first + i);
		return;
	}
	__sync_fetch_and_add(&errors, 1);
	for (unsigned int i = 0; i < count; i++)
		bad = bad || may_be_bad(first + i);
	if (!bad && !storm)
		fail("reading %u+%u fails (%zd, %s), and none of it ever was bad", first, count, r,
		     strerror(errno));
	if (count > 1)
		for (unsigned int i = 0; i < count; i++)
			read_range(fd, buf, first + i, 1);
}

static void written(unsigned int first, unsigned int count, uint32_t number, bool done, uint64_t since)
{
	pthread_mutex_lock(&lock);
	for (unsigned int i = first; i < first + count; i++) {
		struct sector *s = &model[i];

		if (number > s->last)
			s->last = number;
		if (done)
			s->n = 0, s->discarded = false;
		if (done && s->bad <= since)
			s->bad = 0;
		if (s->n == MAYBE)
			s->discarded = true;
		else
			s->maybe[s->n++] = number;
	}
	pthread_mutex_unlock(&lock);
}

static void write_range(int fd, void *buf, unsigned int first, unsigned int count, bool durable)
{
	uint32_t number = __sync_add_and_fetch(&version, 1);
	uint64_t since = __atomic_load_n(&breakage_done, __ATOMIC_SEQ_CST);
	struct iovec vec = { buf, count * SECTOR };
	ssize_t r;

	for (unsigned int i = 0; i < count; i++)
		stamp((uint32_t *)((char *)buf + i * SECTOR), first + i, number);
	r = pwritev2(fd, &vec, 1, (off_t)first * SECTOR, durable ? RWF_DSYNC : 0);
	__sync_fetch_and_add(&writes, 1);
	written(first, count, number, r == (ssize_t)count * SECTOR, since);
	if (r == (ssize_t)count * SECTOR)
		return;
	__sync_fetch_and_add(&write_errors, 1);
	if (!storm)
		fail("writing %u+%u fails (%zd, %s) while there is space", first, count, r, strerror(errno));
}

static void zero_range(int fd, unsigned int first, unsigned int count)
{
	uint64_t range[2] = { (uint64_t)first * SECTOR, (uint64_t)count * SECTOR };
	uint64_t since = __atomic_load_n(&breakage_done, __ATOMIC_SEQ_CST);

	int r = ioctl(fd, BLKZEROOUT, range);

	if (r && !storm)
		fail("zeroing %u+%u fails: %s", first, count, strerror(errno));
	written(first, count, 0, !r, since);
	__sync_fetch_and_add(&zeroes, 1);
}

static void discard_range(int fd, unsigned int first, unsigned int count)
{
	uint64_t range[2] = { (uint64_t)first * SECTOR, (uint64_t)count * SECTOR };

	for (unsigned int i = first; i < first + count; i++)
		model[i].discarded = true;
	if (!ioctl(fd, BLKDISCARD, range))
		__sync_fetch_and_add(&discards, 1);
}

static int open_target(void)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/dev/mapper/%s", target);
	fd = open(path, O_RDWR | O_DIRECT);
	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	return fd;
}

static void *work(void *arg)
{
	int thread = (intptr_t)arg, fd = open_target();
	uint64_t random = seed * 1000003ULL + thread;
	void *buf = NULL;

	if (posix_memalign(&buf, 4096, MOST * SECTOR))
		fail("no memory");
	while (!stop) {
		unsigned int what = draw(&random, 100);
		unsigned int most = draw(&random, 8) ? 16 : MOST;
		unsigned int count = 1 + draw(&random, most);
		unsigned int first = draw(&random, sectors - count);

		if (draw(&random, 8))
			first = window + draw(&random, WINDOW - count);
		if (!draw(&random, 40))
			first = sectors - count;
		if (what >= 98) {
			if (fsync(fd) && !storm)
				fail("fsync: %s", strerror(errno));
			__sync_fetch_and_add(&flushes, 1);
			continue;
		}
		take(thread, first, count);
		if (what < 45)
			read_range(fd, buf, first, count);
		else if (what < 92)
			write_range(fd, buf, first, count, what < 52);
		else if (what < 95)
			zero_range(fd, first, count);
		else
			discard_range(fd, first, count);
		give(thread);
	}
	close(fd);
	free(buf);
	return NULL;
}

/* Has the target move one block after the other; each can be moved so only once. */
static void *move(void *arg)
{
	struct {
		struct dm_ioctl head;
		struct dm_target_msg message;
		char text[512];
	} request;
	int fd = open("/dev/mapper/control", O_RDWR);
	uint64_t random = seed;

	if (fd < 0)
		fail("/dev/mapper/control: %s", strerror(errno));
	for (unsigned int i = 1; !stop; i++) {
		unsigned int first = window + draw(&random, WINDOW - 2 * BLOCK);

		memset(&request, 0, sizeof(request));
		request.head.version[0] = DM_VERSION_MAJOR;
		request.head.data_size = sizeof(request);
		request.head.data_start = offsetof(typeof(request), message);
		strcpy(request.head.name, target);
		sprintf(request.message.message, "remap %u %u", first, 1 + draw(&random, BLOCK));
		if (!ioctl(fd, DM_TARGET_MSG, &request))
			moves += atoi((char *)&request + request.head.data_start);
		if (i % (2 * WINDOW / BLOCK) == 0)
			window = (window + WINDOW) / BLOCK * BLOCK % (sectors - WINDOW);
	}
	close(fd);
	return arg;
}

static int run(const char *format, ...)
{
	char command[16384];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return system(command);
}

static void must(int code, const char *what)
{
	if (code)
		fail("%s fails (%d)", what, code);
}

/* Other sectors of the main device fail from now on; those before have healed. */
static void break_main(uint64_t *random, unsigned int most)
{
	char table[4096];
	unsigned int at = 0, n = most ? draw(random, most + 1) : 0, len = 0;
	unsigned int start = draw(random, 4) ? window : draw(random, sectors - WINDOW);
	unsigned int end = start + WINDOW;

	pthread_mutex_lock(&lock);
	breakage++;
	for (unsigned int i = 0; i < n && (i == 0 || end - at > 80); i++) {
		unsigned int from = i ? at : start;
		unsigned int first = from + 1 + draw(random, (end - from - 40) / (n - i));
		unsigned int count = 1 + draw(random, 24);

		len += sprintf(table + len, "%u %u linear %s %u\n%u %u error\n", at, first - at,
			       main_disk, at, first, count);
		at = first + count;
		for (unsigned int s = first; s < at; s++)
			model[s].bad = breakage;
		holes++;
	}
	pthread_mutex_unlock(&lock);
	sprintf(table + len, "%u %u linear %s %u\n", at, sectors - at, main_disk, at);
	must(run("printf '%s' | dmsetup load %s && dmsetup resume --noudevsync --nolockfs %s", table,
		 main_name, main_name), "breaking the main device");
	__atomic_store_n(&breakage_done, breakage, __ATOMIC_SEQ_CST);
}

static void table(char *line, size_t size)
{
	size_t at = snprintf(line, size, "0 %u remap /dev/mapper/%s 0 8 %s %u %u", sectors, main_name,
			     uuid, generation, used);

	for (unsigned int i = 0; i < used; i++)
		at += snprintf(line + at, size - at, " %s", lease[i]);
}

static void reload(void)
{
	char line[4096];

	if (used < leases)
		used++;
	generation++;
	table(line, sizeof(line));
	int r = run("dmsetup load %s --table '%s' && dmsetup resume --noudevsync %s", target, line, target);

	if (!storm)
		must(r, "reload");
	reloads += !r;
}

static void administer(uint64_t *random)
{
	unsigned int what = draw(random, 100);

	usleep(20000 + draw(random, 200000));
	if (what < 40) {
		break_main(random, 5);
	} else if (what < 55) {
		must(run("dmsetup suspend --noudevsync %s", target), "suspend");
		usleep(draw(random, 100000));
		must(run("dmsetup resume --noudevsync %s", target), "resume");
	} else if (what < 80) {
		reload();
	} else {
		must(run("dmsetup status %s > /dev/null && dmsetup message %s 0 list > /dev/null && "
			 "dmsetup message %s 0 pending > /dev/null", target, target, target), "status");
	}
}

static void create(void)
{
	char line[4096];

	table(line, sizeof(line));
	must(run("dmsetup create %s --noudevsync --table '%s' && dmsetup mknodes %s", target, line, target),
	     "create");
}

static void verify(void)
{
	int fd = open_target();
	void *buf = NULL;

	if (posix_memalign(&buf, 4096, MOST * SECTOR))
		fail("no memory");
	for (unsigned int at = 0; at < sectors; at += 8)
		read_range(fd, buf, at, sectors - at < 8 ? sectors - at : 8);
	close(fd);
	free(buf);
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS], mover;
	uint64_t random;
	time_t end;

	if (argc < 10)
		fail("too few arguments");
	seed = atoi(argv[1]);
	seconds = atoi(argv[2]);
	target = argv[3];
	sectors = atoi(argv[4]);
	uuid = argv[5];
	main_name = argv[6];
	main_disk = argv[7];
	used = given = atoi(argv[8]);
	lease = argv + 9;
	leases = argc - 9;
	generation = 1;
	random = seed;
	storm = getenv("MODEL_STORM");
	calm = getenv("MODEL_CALM");
	model = calloc(sectors, sizeof(*model));
	for (unsigned int i = 0; i < sectors; i++)
		model[i].n = 1;

	create();
	if (storm)
		must(run("%s", storm), "beginning the faults");
	for (intptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, (void *)i);
	pthread_create(&mover, NULL, move, NULL);
	end = time(NULL) + seconds;
	while (time(NULL) < end)
		administer(&random);
	stop = true;
	pthread_join(mover, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	if (storm)
		must(run("%s", calm), "ending the faults");
	verify();
	run("dmsetup status %s", target);
	break_main(&random, 0);
	must(run("dmsetup remove --noudevsync %s", target), "remove");
	create();
	verify();
	must(run("dmsetup remove --noudevsync %s", target), "remove");
	printf("%lu reads, %lu of them errors, %lu writes, %lu of them errors, %lu zeroes, %lu discards, %lu flushes, %lu reloads, "
	       "%lu moves, %lu holes\n", reads, errors, writes, write_errors, zeroes, discards, flushes, reloads, moves,
	       holes);
	return 0;
}
