/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which blocks of the main device live elsewhere, which are pending, which are
 * on hold. Lookups take no lock; there is one writer, the target's worker.
 *
 * The main device is divided into regions. A region has a tree of the slots
 * that hold its blocks; most regions have none, and I/O to them is told so by
 * one word. The trees' links are in the slots, which are allocated with their
 * lease, so a remap needs no memory.
 */
#ifndef DM_REMAP_MAP_H
#define DM_REMAP_MAP_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/log2.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "dm-remap-disk.h"

struct remap_lease;

#define REMAP_NO_BLOCK		(~0ULL)
#define REMAP_BATCH		16	/* blocks that move together */
#define REMAP_MAX_PENDING	65536

/*
 * One block of a lease; trees link slots by number. The place is what the
 * entry on disk says: a main block, free or retired.
 */
struct remap_slot {
	u32 link[2];		/* to lower and to higher blocks */
	u64 place;
	u64 sequence;
	u64 valid;		/* bit s: sector s holds data */
};

/* Marks of a live slot, beside the block in its place. */
#define REMAP_UNSURE		BIT_ULL(63) /* its commit failed: may or may not be on disk */
#define REMAP_UNSURE_ENTRY	BIT_ULL(62) /* it is on disk, but maybe with a newer entry */
#define REMAP_RELEASING		BIT_ULL(61) /* is free on disk from the next commit on */
#define REMAP_MARKS		(REMAP_UNSURE | REMAP_UNSURE_ENTRY | REMAP_RELEASING)

static inline bool remap_slot_is_live(const struct remap_slot *slot)
{
	return slot->place < REMAP_ENTRY_RETIRED;
}

static inline u64 remap_slot_block(const struct remap_slot *slot)
{
	return READ_ONCE(slot->place) & ~REMAP_MARKS;
}

/* Slots are numbered across leases; a span is a run of numbers in one lease. */
#define REMAP_SPAN_SHIFT	12
#define REMAP_SPAN_SLOTS	(1U << REMAP_SPAN_SHIFT)
#define REMAP_MAX_SPANS		(1U << (31 - REMAP_SPAN_SHIFT))

struct remap_span {
	struct remap_slot *slots;
	struct remap_lease *lease;
};

#define REMAP_CLOSER		BIT(31)	/* in a region: a block is pending or on hold */
#define REMAP_MIN_REGION_SHIFT	8
#define REMAP_MAX_REGIONS	(1U << 18)

struct remap_map {
	u32 *regions;		/* slot number of the tree's root, and REMAP_CLOSER */
	u8 region_sector_shift;	/* sectors to regions */
	u8 region_shift;	/* blocks to regions */
	struct remap_span *spans;
	u32 nr_spans;
	u64 used;		/* blocks that live in leases */
	u64 held[REMAP_BATCH];
	unsigned int nr_held;
	spinlock_t lock;	/* writers against status and list; not taken by I/O */
	seqcount_spinlock_t seq;
	struct xarray pending;
	atomic_t nr_pending;
};

/* What is special about a block. */
struct remap_special {
	u64 block;		/* REMAP_NO_BLOCK: nothing */
	u32 number;		/* slot that it lives in, or 0 */
	u64 valid;
	bool unsure;
	bool pending;
	bool held;
};

int remap_map_init(struct remap_map *map, u64 nr_blocks, unsigned int block_shift);
void remap_map_destroy(struct remap_map *map);

static inline struct remap_slot *remap_map_slot(const struct remap_map *map, u32 number)
{
	return &map->spans[number >> REMAP_SPAN_SHIFT].slots[number & (REMAP_SPAN_SLOTS - 1)];
}

static inline struct remap_lease *remap_map_lease(const struct remap_map *map, u32 number)
{
	return map->spans[number >> REMAP_SPAN_SHIFT].lease;
}

bool remap_map_is_plain_over(const struct remap_map *map, u64 region, u64 end);

/* True when nothing is special about any of the blocks; sectors is not 0. */
static __always_inline bool remap_map_is_plain(const struct remap_map *map, sector_t sector,
					       u32 sectors)
{
	u64 region = sector >> map->region_sector_shift;
	u64 end = (sector + sectors - 1) >> map->region_sector_shift;

	if (unlikely(region != end))
		return remap_map_is_plain_over(map, region, end);
	return !READ_ONCE(map->regions[region]);
}

#define REMAP_DEPTH_LIMIT 256	/* no tree is near as deep: gone astray */

/* Number of the slot that holds the block, or 0. May go astray during a change. */
static __always_inline u32 remap_tree_find(const struct remap_map *map, u32 number, u64 block)
{
	unsigned int depth = REMAP_DEPTH_LIMIT;

	while (number && --depth) {
		struct remap_slot *slot = remap_map_slot(map, number);
		u64 at = remap_slot_block(slot);

		if (at == block)
			break;
		number = READ_ONCE(slot->link[at < block]);
	}
	return number;
}

/*
 * Where a block lives, when that is all that may be special about it: slot
 * number (0: on the main device) and validity. False when more may be.
 */
static __always_inline bool remap_map_look_at(const struct remap_map *map, u64 block, u32 *number,
					      u64 *valid)
{
	unsigned int seq;
	u64 place;
	u32 root;

	do {
		seq = read_seqcount_begin(&map->seq);
		root = READ_ONCE(map->regions[block >> map->region_shift]);
		if (unlikely(root & REMAP_CLOSER))
			return false;
		*number = remap_tree_find(map, root, block);
		place = 0;
		if (*number) {
			struct remap_slot *slot = remap_map_slot(map, *number);

			place = READ_ONCE(slot->place);
			*valid = READ_ONCE(slot->valid);
		}
	} while (read_seqcount_retry(&map->seq, seq));
	return !(place & REMAP_MARKS);
}

/* The first block from first to last about which something is special. */
void remap_map_look(struct remap_map *map, u64 first, u64 last, struct remap_special *special);

/*
 * The rest is for the writer, or under the lock.
 */

/* Number of the slot that holds the block, or of the first at or after it; or 0. */
u32 remap_map_find(const struct remap_map *map, u64 block);
u32 remap_map_find_from(const struct remap_map *map, u64 block, u64 last);

/* Makes the slot the place of the block it names. Answers the one before, or 0. */
u32 remap_map_replace(struct remap_map *map, u32 number);

/* The block lives on the main device again. Answers the slot it was in, or 0. */
u32 remap_map_remove(struct remap_map *map, u64 block);

void remap_map_set_valid(struct remap_map *map, u32 number, u64 valid);
void remap_map_set_marks(struct remap_map *map, u32 number, u64 marks);

/* Forgetting to remember (no memory, too many) is safe. True when it changed. */
bool remap_pending_set(struct remap_map *map, u64 block);
bool remap_pending_clear(struct remap_map *map, u64 block);

static inline bool remap_pending_test(struct remap_map *map, u64 block)
{
	return xa_load(&map->pending, block);
}

/* I/O that looks from here on finds the blocks held. */
void remap_map_hold(struct remap_map *map, const u64 *blocks, unsigned int nr);
void remap_map_unhold(struct remap_map *map);

#endif
