// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O that relies on what it read from the map.
 */
#include <linux/jiffies.h>

#include "dm-remap-readers.h"

int remap_readers_init(struct remap_readers *readers)
{
	readers->epoch = 0;
	readers->awaited = false;
	init_waitqueue_head(&readers->wait);
	readers->counts = alloc_percpu(struct remap_reader_counts);
	return readers->counts ? 0 : -ENOMEM;
}

void remap_readers_destroy(struct remap_readers *readers)
{
	free_percpu(readers->counts);
}

/*
 * Entered and left are summed apart, left first: I/O that enters on one CPU
 * and leaves on another while the sums are taken can then only make the
 * sums differ, never agree too early.
 */
static bool remap_readers_gone(struct remap_readers *readers, int epoch)
{
	unsigned long entered = 0, left = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		left += READ_ONCE(per_cpu_ptr(readers->counts, cpu)->left[epoch]);
	smp_mb(); /* left before entered */
	for_each_possible_cpu(cpu)
		entered += READ_ONCE(per_cpu_ptr(readers->counts, cpu)->entered[epoch]);
	return entered == left;
}

static void remap_readers_wait_epoch(struct remap_readers *readers, int epoch)
{
	while (!wait_event_timeout(readers->wait, remap_readers_gone(readers, epoch),
				   msecs_to_jiffies(100)))
		;
}

/*
 * The other epoch is waited for first: I/O that read the epoch long ago may
 * be counted there only now.
 */
void remap_readers_wait(struct remap_readers *readers)
{
	int epoch = readers->epoch;

	WRITE_ONCE(readers->awaited, true);
	smp_mb(); /* against remap_readers_enter */
	remap_readers_wait_epoch(readers, !epoch);
	WRITE_ONCE(readers->epoch, !epoch);
	smp_mb(); /* I/O from here on counts in the other epoch */
	remap_readers_wait_epoch(readers, epoch);
	WRITE_ONCE(readers->awaited, false);
}

unsigned long remap_readers_count(const struct remap_readers *readers)
{
	unsigned long entered = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct remap_reader_counts *counts = per_cpu_ptr(readers->counts, cpu);

		entered += READ_ONCE(counts->entered[0]) + READ_ONCE(counts->entered[1]);
	}
	return entered;
}
