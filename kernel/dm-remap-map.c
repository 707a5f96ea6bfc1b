// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which blocks live elsewhere, which are pending, who is looking.
 */
#include <linux/bitmap.h>
#include <linux/percpu.h>

#include "dm-remap.h"

struct remap_slot *remap_map_find_from(struct remap_target *rt, u64 block)
{
	struct rb_node *node = rt->map.rb_node;
	struct remap_slot *best = NULL;

	while (node) {
		struct remap_slot *slot = rb_entry(node, struct remap_slot, node);

		if (slot->main_block < block) {
			node = node->rb_right;
		} else {
			best = slot;
			node = node->rb_left;
		}
	}
	return best;
}

struct remap_slot *remap_map_find(struct remap_target *rt, u64 block)
{
	struct remap_slot *slot = remap_map_find_from(rt, block);

	return slot && slot->main_block == block ? slot : NULL;
}

struct remap_slot *remap_map_replace(struct remap_target *rt, struct remap_slot *slot)
{
	struct rb_node **link = &rt->map.rb_node, *parent = NULL;

	while (*link) {
		struct remap_slot *at = rb_entry(*link, struct remap_slot, node);

		parent = *link;
		if (slot->main_block < at->main_block) {
			link = &parent->rb_left;
		} else if (slot->main_block > at->main_block) {
			link = &parent->rb_right;
		} else {
			rb_replace_node(&at->node, &slot->node, &rt->map);
			return at;
		}
	}
	rb_link_node(&slot->node, parent, link);
	rb_insert_color(&slot->node, &rt->map);
	return NULL;
}

void remap_region_set(struct remap_target *rt, u64 block)
{
	set_bit(block >> REMAP_REGION_SHIFT, rt->regions);
}

bool remap_region_test(struct remap_target *rt, u64 first, u64 last)
{
	first >>= REMAP_REGION_SHIFT;
	last >>= REMAP_REGION_SHIFT;
	if (likely(first == last))
		return test_bit(first, rt->regions);
	return find_next_bit(rt->regions, last + 1, first) <= last;
}

void remap_pending_set(struct remap_target *rt, u64 block)
{
	void *old;

	if (atomic_read(&rt->nr_pending) >= REMAP_MAX_PENDING)
		return;
	old = xa_store(&rt->pending, block, xa_mk_value(1), GFP_NOWAIT | __GFP_NOWARN);
	if (xa_is_err(old) || old)
		return;
	atomic_inc(&rt->nr_pending);
	remap_region_set(rt, block);
	rt->changed = true;
}

void remap_pending_clear(struct remap_target *rt, u64 block)
{
	if (xa_erase(&rt->pending, block)) {
		atomic_dec(&rt->nr_pending);
		rt->changed = true;
	}
}

bool remap_pending_test(struct remap_target *rt, u64 block)
{
	return xa_load(&rt->pending, block);
}

/*
 * Entered and left are summed apart, left first: I/O that enters on one CPU
 * and leaves on another while the sums are taken can then only make the
 * sums differ, never agree too early.
 */
int remap_enter(struct remap_target *rt)
{
	int epoch = READ_ONCE(rt->epoch);

	this_cpu_inc(rt->inflight->entered[epoch]);
	smp_mb(); /* against remap_block_hold: counted, or sees the hold */
	return epoch;
}

void remap_leave(struct remap_target *rt, int epoch)
{
	smp_mb(); /* what was done inside comes before the count */
	this_cpu_inc(rt->inflight->left[epoch]);
	smp_mb(); /* the count comes before the look at draining */
	if (unlikely(READ_ONCE(rt->draining)))
		wake_up(&rt->drain_wait);
}

static bool remap_drained(struct remap_target *rt, int epoch)
{
	unsigned long entered = 0, left = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		left += READ_ONCE(per_cpu_ptr(rt->inflight, cpu)->left[epoch]);
	smp_mb(); /* left before entered */
	for_each_possible_cpu(cpu)
		entered += READ_ONCE(per_cpu_ptr(rt->inflight, cpu)->entered[epoch]);
	return entered == left;
}

static void remap_drain(struct remap_target *rt, int epoch)
{
	while (!wait_event_timeout(rt->drain_wait, remap_drained(rt, epoch),
				   msecs_to_jiffies(100)))
		;
}

/*
 * The other epoch is waited for first: I/O that read the epoch long ago may
 * be counted there only now.
 */
void remap_block_hold(struct remap_target *rt, u64 block)
{
	int epoch = rt->epoch;

	remap_region_set(rt, block);
	WRITE_ONCE(rt->busy_block, block);
	WRITE_ONCE(rt->draining, true);
	smp_mb(); /* against remap_enter */
	remap_drain(rt, !epoch);
	WRITE_ONCE(rt->epoch, !epoch);
	smp_mb(); /* I/O from here on counts in the other epoch */
	remap_drain(rt, epoch);
	WRITE_ONCE(rt->draining, false);
}

void remap_block_unhold(struct remap_target *rt)
{
	smp_store_release(&rt->busy_block, REMAP_NO_BLOCK);
}
