// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O that relies on what it read from the map.
 */
#include <linux/jiffies.h>

#include "dm-remap-readers.h"

int remap_readers_init(struct remap_readers *readers)
{
	unsigned int i;

	readers->awaited = false;
	init_waitqueue_head(&readers->wait);
	for (i = 0; i < 2; i++) {
		readers->epochs[i] = alloc_percpu(struct remap_reader_count);
		if (!readers->epochs[i])
			return -ENOMEM;
	}
	readers->now = readers->epochs[0];
	return 0;
}

void remap_readers_destroy(struct remap_readers *readers)
{
	free_percpu(readers->epochs[0]);
	free_percpu(readers->epochs[1]);
}

/*
 * Entered and left are summed apart, left first: I/O that enters on one CPU
 * and leaves on another while the sums are taken can then only make the
 * sums differ, never agree too early.
 */
static bool remap_readers_gone(struct remap_reader_count __percpu *epoch)
{
	unsigned long entered = 0, left = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		left += READ_ONCE(per_cpu_ptr(epoch, cpu)->left);
	smp_mb(); /* left before entered */
	for_each_possible_cpu(cpu)
		entered += READ_ONCE(per_cpu_ptr(epoch, cpu)->entered);
	return entered == left;
}

static void remap_readers_wait_epoch(struct remap_readers *readers,
				     struct remap_reader_count __percpu *epoch)
{
	while (!wait_event_timeout(readers->wait, remap_readers_gone(epoch),
				   msecs_to_jiffies(100)))
		;
}

/*
 * The other epoch is waited for first: I/O that read the epoch long ago may
 * be counted there only now.
 */
void remap_readers_wait(struct remap_readers *readers)
{
	struct remap_reader_count __percpu *old = readers->now;
	struct remap_reader_count __percpu *other =
		readers->epochs[old == readers->epochs[0] ? 1 : 0];

	WRITE_ONCE(readers->awaited, true);
	smp_mb(); /* against remap_readers_enter */
	remap_readers_wait_epoch(readers, other);
	WRITE_ONCE(readers->now, other);
	smp_mb(); /* I/O from here on counts in the other epoch */
	remap_readers_wait_epoch(readers, old);
	WRITE_ONCE(readers->awaited, false);
}

unsigned long remap_readers_count(const struct remap_readers *readers)
{
	unsigned long entered = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		entered += READ_ONCE(per_cpu_ptr(readers->epochs[0], cpu)->entered) +
			   READ_ONCE(per_cpu_ptr(readers->epochs[1], cpu)->entered);
	return entered;
}
