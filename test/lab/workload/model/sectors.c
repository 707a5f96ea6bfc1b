// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each sector may hold.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

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
	unsigned int first, number;
	bool taken;
};

static struct sector *model;
static struct range active[WORKERS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static uint64_t breakage, breakage_done;
static uint32_t version;

void sectors_init(void)
{
	model = calloc(sectors, sizeof(*model));
	for (unsigned int i = 0; i < sectors; i++)
		model[i].n = 1;
}

void take(int worker, unsigned int first, unsigned int number)
{
	pthread_mutex_lock(&lock);
again:
	for (int i = 0; i < WORKERS; i++) {
		if (active[i].taken && active[i].first < first + number &&
		    first < active[i].first + active[i].number) {
			pthread_cond_wait(&freed, &lock);
			goto again;
		}
	}
	active[worker] = (struct range){ first, number, true };
	pthread_mutex_unlock(&lock);
}

void give(int worker)
{
	pthread_mutex_lock(&lock);
	active[worker].taken = false;
	pthread_cond_broadcast(&freed);
	pthread_mutex_unlock(&lock);
}

uint32_t next_version(void)
{
	return __sync_add_and_fetch(&version, 1);
}

void stamp(uint32_t *buf, unsigned int sector, uint32_t number)
{
	for (int i = 0; i < SECTOR / 16; i++) {
		*buf++ = MAGIC;
		*buf++ = sector;
		*buf++ = number;
		*buf++ = i;
	}
}

void check_sector(const unsigned char *buf, unsigned int at)
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

bool may_be_bad(unsigned int at)
{
	bool bad;

	pthread_mutex_lock(&lock);
	bad = model[at].bad;
	pthread_mutex_unlock(&lock);
	return bad;
}

uint64_t breakage_before(void)
{
	return __atomic_load_n(&breakage_done, __ATOMIC_SEQ_CST);
}

void written(unsigned int first, unsigned int number, uint32_t which, bool done, uint64_t before)
{
	pthread_mutex_lock(&lock);
	for (unsigned int i = first; i < first + number; i++) {
		struct sector *s = &model[i];

		if (which > s->last)
			s->last = which;
		if (done)
			s->n = 0, s->discarded = false;
		if (done && s->bad <= before)
			s->bad = 0;
		if (s->n == MAYBE)
			s->discarded = true;
		else
			s->maybe[s->n++] = which;
	}
	pthread_mutex_unlock(&lock);
}

void discarded(unsigned int first, unsigned int number)
{
	for (unsigned int i = first; i < first + number; i++)
		model[i].discarded = true;
}

void breakage_begin(void)
{
	pthread_mutex_lock(&lock);
	breakage++;
}

void lost(unsigned int sector)
{
	model[sector].bad = breakage;
}

void breakage_said(void)
{
	pthread_mutex_unlock(&lock);
}

void breakage_over(void)
{
	__atomic_store_n(&breakage_done, breakage, __ATOMIC_SEQ_CST);
}
