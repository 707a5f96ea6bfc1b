// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O to the target.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "model.h"

static void read_range(int fd, void *buf, unsigned int first, unsigned int number)
{
	ssize_t r = pread(fd, buf, number * SECTOR, (off_t)first * SECTOR);
	bool bad = false;

	count(&tally.reads);
	if (r == (ssize_t)number * SECTOR) {
		for (unsigned int i = 0; i < number; i++)
			check_sector((unsigned char *)buf + i * SECTOR, first + i);
		return;
	}
	count(&tally.read_errors);
	for (unsigned int i = 0; i < number; i++)
		bad = bad || may_be_bad(first + i);
	if (!bad && !storm)
		fail("reading %u+%u fails (%zd, %s), and none of it ever was bad", first, number, r,
		     strerror(errno));
	if (number > 1)
		for (unsigned int i = 0; i < number; i++)
			read_range(fd, buf, first + i, 1);
}

static void write_range(int fd, void *buf, unsigned int first, unsigned int number, bool durable)
{
	uint32_t version = next_version();
	uint64_t before = breakage_before();
	struct iovec vec = { buf, number * SECTOR };
	ssize_t r;

	for (unsigned int i = 0; i < number; i++)
		stamp((uint32_t *)((char *)buf + i * SECTOR), first + i, version);
	r = pwritev2(fd, &vec, 1, (off_t)first * SECTOR, durable ? RWF_DSYNC : 0);
	count(&tally.writes);
	written(first, number, version, r == (ssize_t)number * SECTOR, before);
	if (r == (ssize_t)number * SECTOR)
		return;
	count(&tally.write_errors);
	if (!storm)
		fail("writing %u+%u fails (%zd, %s) while there is space", first, number, r,
		     strerror(errno));
}

static void zero_range(int fd, unsigned int first, unsigned int number)
{
	uint64_t range[2] = { (uint64_t)first * SECTOR, (uint64_t)number * SECTOR };
	uint64_t before = breakage_before();
	int r = ioctl(fd, BLKZEROOUT, range);

	if (r && !storm)
		fail("zeroing %u+%u fails: %s", first, number, strerror(errno));
	written(first, number, 0, !r, before);
	count(&tally.zeroes);
}

static void discard_range(int fd, unsigned int first, unsigned int number)
{
	uint64_t range[2] = { (uint64_t)first * SECTOR, (uint64_t)number * SECTOR };

	discarded(first, number);
	if (!ioctl(fd, BLKDISCARD, range))
		count(&tally.discards);
}

static int open_target(void **buf)
{
	int fd = open(target_path, O_RDWR | O_DIRECT);

	if (fd < 0)
		fail("%s: %s", target_path, strerror(errno));
	if (posix_memalign(buf, 4096, MOST * SECTOR))
		fail("no memory");
	return fd;
}

static void operate(int fd, void *buf, int worker, uint64_t *random)
{
	unsigned int what = draw(random, 100);
	unsigned int most = draw(random, 8) ? 16 : MOST;
	unsigned int number = 1 + draw(random, most);
	unsigned int first = draw(random, sectors - number);

	if (draw(random, 8))
		first = window + draw(random, WINDOW - number);
	if (!draw(random, 40))
		first = sectors - number;
	if (what >= 98) {
		if (fsync(fd) && !storm)
			fail("fsync: %s", strerror(errno));
		count(&tally.flushes);
		return;
	}
	take(worker, first, number);
	if (what < 45)
		read_range(fd, buf, first, number);
	else if (what < 92)
		write_range(fd, buf, first, number, what < 52);
	else if (what < 95)
		zero_range(fd, first, number);
	else
		discard_range(fd, first, number);
	give(worker);
}

void *work(void *arg)
{
	int worker = (intptr_t)arg, fd;
	uint64_t random = seed * 1000003ULL + worker;
	void *buf = NULL;

	fd = open_target(&buf);
	while (!stop)
		operate(fd, buf, worker, &random);
	close(fd);
	free(buf);
	return NULL;
}

void read_all(void)
{
	void *buf = NULL;
	int fd = open_target(&buf);

	for (unsigned int at = 0; at < sectors; at += BLOCK)
		read_range(fd, buf, at, sectors - at < BLOCK ? sectors - at : BLOCK);
	close(fd);
	free(buf);
}

void write_all(void)
{
	void *buf = NULL;
	int fd = open_target(&buf);

	for (unsigned int at = 0; at < sectors; at += MOST)
		write_range(fd, buf, at, sectors - at < MOST ? sectors - at : MOST, false);
	close(fd);
	free(buf);
}
