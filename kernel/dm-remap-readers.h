/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * I/O that relies on what it read from the map. As in sleepable RCU, readers
 * are counted per CPU in one of two epochs, so that the worker can wait for
 * those who came before a change without stopping those who come after it.
 */
#ifndef DM_REMAP_READERS_H
#define DM_REMAP_READERS_H

#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/wait.h>

struct remap_reader_count {
	unsigned long entered;
	unsigned long left;
};

struct remap_readers {
	struct remap_reader_count __percpu *now;	/* the epoch of who enters */
	struct remap_reader_count __percpu *epochs[2];
	bool awaited;
	wait_queue_head_t wait;
};

int remap_readers_init(struct remap_readers *readers);
void remap_readers_destroy(struct remap_readers *readers);

/*
 * Between enter and leave, what the caller read from the map stays true on
 * the devices. Leave may come from another CPU and from an interrupt. The
 * answer is what leave wants, never NULL.
 */
static __always_inline struct remap_reader_count __percpu *
remap_readers_enter(struct remap_readers *readers)
{
	struct remap_reader_count __percpu *count = READ_ONCE(readers->now);

	this_cpu_inc(count->entered);
	smp_mb(); /* against remap_readers_wait: counted, or sees what changed before it */
	return count;
}

/* True when the caller is to call remap_readers_wake. */
static __always_inline bool remap_readers_leave(struct remap_readers *readers,
						struct remap_reader_count __percpu *count)
{
	smp_mb(); /* what was done inside comes before the count */
	this_cpu_inc(count->left);
	smp_mb(); /* the count comes before the look at awaited */
	return READ_ONCE(readers->awaited);
}

static inline void remap_readers_wake(struct remap_readers *readers)
{
	wake_up(&readers->wait);
}

/* Returns when all who entered before the call have left. One caller at a time; sleeps. */
void remap_readers_wait(struct remap_readers *readers);

/* How many have entered so far: what has not changed was idle meanwhile. */
unsigned long remap_readers_count(const struct remap_readers *readers);

#endif
