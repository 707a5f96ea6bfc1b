// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which blocks live elsewhere, which are pending, which are on hold.
 *
 * A region's tree is a treap: a search tree by block and a heap by a hash of
 * the block, so its shape does not depend on the order of insertion. A lookup
 * that meets a change half made may go astray, but only among slots, which
 * stay while there are lookups; the sequence count makes it look again.
 */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "dm-remap-map.h"

int remap_map_init(struct remap_map *map, u64 nr_blocks, unsigned int block_shift)
{
	unsigned int shift = ilog2(max_t(u64, nr_blocks, 1)) + 1;
	u64 nr_regions;

	memset(map, 0, sizeof(*map));
	map->region_shift = max_t(int, REMAP_MIN_REGION_SHIFT,
				  (int)shift - ilog2(REMAP_MAX_REGIONS));
	map->region_sector_shift = map->region_shift + block_shift;
	nr_regions = (nr_blocks >> map->region_shift) + 1;
	spin_lock_init(&map->lock);
	seqcount_spinlock_init(&map->seq, &map->lock);
	xa_init(&map->pending);
	map->regions = kvcalloc(nr_regions, sizeof(*map->regions), GFP_KERNEL);
	return map->regions ? 0 : -ENOMEM;
}

void remap_map_destroy(struct remap_map *map)
{
	xa_destroy(&map->pending);
	kvfree(map->regions);
	kvfree(map->spans);
}

bool remap_map_is_plain_over(const struct remap_map *map, u64 region, u64 end)
{
	for (; region <= end; region++)
		if (READ_ONCE(map->regions[region]))
			return false;
	return true;
}

static u32 remap_root(const struct remap_map *map, u64 region)
{
	return READ_ONCE(map->regions[region]) & ~REMAP_CLOSER;
}

static void remap_set_root(struct remap_map *map, u64 region, u32 number)
{
	WRITE_ONCE(map->regions[region], (map->regions[region] & REMAP_CLOSER) | number);
}

/* Lowest block of the tree that is not below first; 0 when there is none. */
static u32 remap_tree_find_from(const struct remap_map *map, u32 number, u64 first)
{
	unsigned int depth;
	u32 best = 0;

	for (depth = 0; number && depth < REMAP_DEPTH_LIMIT; depth++) {
		struct remap_slot *slot = remap_map_slot(map, number);
		u64 block = remap_slot_block(slot);

		if (block < first) {
			number = READ_ONCE(slot->link[1]);
			continue;
		}
		best = number;
		if (block == first)
			break;
		number = READ_ONCE(slot->link[0]);
	}
	return best;
}

u32 remap_map_find_from(const struct remap_map *map, u64 first, u64 last)
{
	u64 region = first >> map->region_shift;
	u64 end = last >> map->region_shift;

	for (; region <= end; region++) {
		u32 number = remap_tree_find_from(map, remap_root(map, region), first);

		if (number)
			return remap_slot_block(remap_map_slot(map, number)) <= last ? number : 0;
	}
	return 0;
}

u32 remap_map_find(const struct remap_map *map, u64 block)
{
	return remap_map_find_from(map, block, block);
}

static bool remap_look_closer(const struct remap_map *map, u64 first, u64 last)
{
	u64 region;

	for (region = first >> map->region_shift; region <= last >> map->region_shift; region++)
		if (READ_ONCE(map->regions[region]) & REMAP_CLOSER)
			return true;
	return false;
}

static void remap_look_at_marks(struct remap_map *map, u64 first, u64 last,
				struct remap_special *special)
{
	unsigned int i, nr = min_t(unsigned int, READ_ONCE(map->nr_held), REMAP_BATCH);
	u64 at = min(special->block, last);
	unsigned long pending = first;
	u64 held = REMAP_NO_BLOCK;

	for (i = 0; i < nr; i++) {
		u64 block = READ_ONCE(map->held[i]);

		if (block >= first && block < held)
			held = block;
	}
	if (!xa_find(&map->pending, &pending, at, XA_PRESENT))
		pending = ULONG_MAX;
	at = min3(special->block, held <= last ? held : REMAP_NO_BLOCK,
		  pending <= last ? (u64)pending : REMAP_NO_BLOCK);
	if (at != special->block)
		special->number = 0;
	special->block = at;
	special->held = held == at;
	special->pending = pending == at;
}

static void remap_look_once(struct remap_map *map, u64 first, u64 last,
			    struct remap_special *special)
{
	u32 number = remap_map_find_from(map, first, last);

	special->number = number;
	special->block = REMAP_NO_BLOCK;
	special->pending = false;
	special->held = false;
	if (number) {
		struct remap_slot *slot = remap_map_slot(map, number);
		u64 place = READ_ONCE(slot->place);

		special->block = place & ~REMAP_MARKS;
		special->unsure = place & REMAP_MARKS;
		special->valid = READ_ONCE(slot->valid);
	}
	if (unlikely(remap_look_closer(map, first, last)))
		remap_look_at_marks(map, first, last, special);
}

void remap_map_look(struct remap_map *map, u64 first, u64 last, struct remap_special *special)
{
	unsigned int seq;

	do {
		seq = read_seqcount_begin(&map->seq);
		remap_look_once(map, first, last, special);
	} while (read_seqcount_retry(&map->seq, seq));
}

/* Divides a tree at a block that is not in it. */
static void remap_tree_split(struct remap_map *map, u32 tree, u64 block, u32 *left, u32 *right)
{
	while (tree) {
		struct remap_slot *slot = remap_map_slot(map, tree);

		if (remap_slot_block(slot) < block) {
			WRITE_ONCE(*left, tree);
			left = &slot->link[1];
			tree = slot->link[1];
		} else {
			WRITE_ONCE(*right, tree);
			right = &slot->link[0];
			tree = slot->link[0];
		}
	}
	WRITE_ONCE(*left, 0);
	WRITE_ONCE(*right, 0);
}

static u32 remap_rank(u64 block)
{
	return hash_64(block, 32);
}

/* Joins two trees of which all blocks of the first come before the second's. */
static u32 remap_tree_join(struct remap_map *map, u32 left, u32 right)
{
	u32 root = 0, *link = &root;

	while (left && right) {
		struct remap_slot *l = remap_map_slot(map, left);
		struct remap_slot *r = remap_map_slot(map, right);

		if (remap_rank(remap_slot_block(l)) > remap_rank(remap_slot_block(r))) {
			WRITE_ONCE(*link, left);
			link = &l->link[1];
			left = l->link[1];
		} else {
			WRITE_ONCE(*link, right);
			link = &r->link[0];
			right = r->link[0];
		}
	}
	WRITE_ONCE(*link, left ?: right);
	return root;
}

/*
 * The link to the slot of the block, or to where it belongs. A block is never
 * below one of lower rank, so that is as far as there is to look.
 */
static u32 *remap_tree_link(struct remap_map *map, u32 *link, u64 block)
{
	u32 rank = remap_rank(block);

	while (*link) {
		struct remap_slot *slot = remap_map_slot(map, *link);
		u64 at = remap_slot_block(slot);

		if (at == block || remap_rank(at) < rank)
			break;
		link = &slot->link[at < block];
	}
	return link;
}

u32 remap_map_replace(struct remap_map *map, u32 number)
{
	struct remap_slot *slot = remap_map_slot(map, number);
	u64 block = remap_slot_block(slot);
	u64 region = block >> map->region_shift;
	u32 root = remap_root(map, region), replaced = 0;
	u32 *link = remap_tree_link(map, &root, block);
	struct remap_slot *old = *link ? remap_map_slot(map, *link) : NULL;

	write_seqcount_begin(&map->seq);
	if (old && remap_slot_block(old) == block) {
		replaced = *link;
		WRITE_ONCE(slot->link[0], old->link[0]);
		WRITE_ONCE(slot->link[1], old->link[1]);
	} else {
		remap_tree_split(map, *link, block, &slot->link[0], &slot->link[1]);
		map->used++;
	}
	WRITE_ONCE(*link, number);
	remap_set_root(map, region, root);
	write_seqcount_end(&map->seq);
	return replaced;
}

u32 remap_map_remove(struct remap_map *map, u64 block)
{
	u64 region = block >> map->region_shift;
	u32 root = remap_root(map, region), number = remap_map_find(map, block);
	struct remap_slot *slot;
	u32 *link = &root;

	if (!number)
		return 0;
	write_seqcount_begin(&map->seq);
	while (*link != number) {
		slot = remap_map_slot(map, *link);
		link = block < remap_slot_block(slot) ? &slot->link[0] : &slot->link[1];
	}
	slot = remap_map_slot(map, number);
	WRITE_ONCE(*link, remap_tree_join(map, slot->link[0], slot->link[1]));
	remap_set_root(map, region, root);
	map->used--;
	write_seqcount_end(&map->seq);
	return number;
}

void remap_map_set_valid(struct remap_map *map, u32 number, u64 valid)
{
	write_seqcount_begin(&map->seq);
	WRITE_ONCE(remap_map_slot(map, number)->valid, valid);
	write_seqcount_end(&map->seq);
}

void remap_map_set_marks(struct remap_map *map, u32 number, u64 marks)
{
	struct remap_slot *slot = remap_map_slot(map, number);

	write_seqcount_begin(&map->seq);
	WRITE_ONCE(slot->place, remap_slot_block(slot) | marks);
	write_seqcount_end(&map->seq);
}

static void remap_region_mark(struct remap_map *map, u64 block)
{
	u32 *region = &map->regions[block >> map->region_shift];

	WRITE_ONCE(*region, *region | REMAP_CLOSER);
}

/* Only the worker marks, so what it finds unmarked stays so. */
static void remap_region_unmark(struct remap_map *map, u64 block)
{
	u64 region = block >> map->region_shift;
	unsigned long pending = region << map->region_shift;
	unsigned int i;

	for (i = 0; i < map->nr_held; i++)
		if (map->held[i] >> map->region_shift == region)
			return;
	if (xa_find(&map->pending, &pending, ((region + 1) << map->region_shift) - 1, XA_PRESENT))
		return;
	WRITE_ONCE(map->regions[region], map->regions[region] & ~REMAP_CLOSER);
}

bool remap_pending_set(struct remap_map *map, u64 block)
{
	void *old;

	if (atomic_read(&map->nr_pending) >= REMAP_MAX_PENDING)
		return false;
	old = xa_store(&map->pending, block, xa_mk_value(1), GFP_NOWAIT | __GFP_NOWARN);
	if (xa_is_err(old) || old)
		return false;
	atomic_inc(&map->nr_pending);
	spin_lock(&map->lock);
	remap_region_mark(map, block);
	spin_unlock(&map->lock);
	return true;
}

bool remap_pending_clear(struct remap_map *map, u64 block)
{
	if (!xa_erase(&map->pending, block))
		return false;
	atomic_dec(&map->nr_pending);
	spin_lock(&map->lock);
	remap_region_unmark(map, block);
	spin_unlock(&map->lock);
	return true;
}

void remap_map_hold(struct remap_map *map, const u64 *blocks, unsigned int nr)
{
	unsigned int i;

	spin_lock(&map->lock);
	write_seqcount_begin(&map->seq);
	for (i = 0; i < nr; i++)
		WRITE_ONCE(map->held[i], blocks[i]);
	WRITE_ONCE(map->nr_held, nr);
	for (i = 0; i < nr; i++)
		remap_region_mark(map, blocks[i]);
	write_seqcount_end(&map->seq);
	spin_unlock(&map->lock);
}

void remap_map_unhold(struct remap_map *map)
{
	unsigned int i, nr = map->nr_held;

	spin_lock(&map->lock);
	write_seqcount_begin(&map->seq);
	WRITE_ONCE(map->nr_held, 0);
	for (i = 0; i < nr; i++)
		remap_region_unmark(map, map->held[i]);
	write_seqcount_end(&map->seq);
	spin_unlock(&map->lock);
}
