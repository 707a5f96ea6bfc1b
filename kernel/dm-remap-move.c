// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocks move to leases: held, read, written, committed, installed. Blocks
 * that fail together move together, so that one commit serves them all.
 */
#include <linux/bitmap.h>
#include <linux/blkdev.h>
#include <linux/slab.h>

#include "dm-remap.h"
#include "dm-remap-trace.h"

#define REMAP_PLACE_TRIES 16

int remap_moves_alloc(struct remap_target *rt)
{
	unsigned int i;

	for (i = 0; i < REMAP_BATCH; i++) {
		rt->moves[i].data = kmalloc(rt->block_sectors << SECTOR_SHIFT, GFP_KERNEL);
		if (!rt->moves[i].data)
			return -ENOMEM;
	}
	return 0;
}

void remap_moves_free(struct remap_target *rt)
{
	unsigned int i;

	for (i = 0; i < REMAP_BATCH; i++)
		kfree(rt->moves[i].data);
}

struct remap_move *remap_move_add(struct remap_target *rt, u64 block)
{
	struct remap_move *move = &rt->moves[rt->nr_moves++];
	void *data = move->data;

	*move = (struct remap_move){ .block = block, .data = data };
	return move;
}

struct remap_move *remap_move_find(struct remap_target *rt, u64 block)
{
	unsigned int i;

	for (i = 0; i < rt->nr_moves; i++)
		if (rt->moves[i].block == block)
			return &rt->moves[i];
	return NULL;
}

blk_status_t remap_block_io(struct remap_target *rt, u32 number, u64 block, u32 first,
			    u32 sectors, void *buf, blk_opf_t opf)
{
	struct block_device *bdev = number ? remap_map_lease(&rt->map, number)->bdev :
					     rt->main_bdev;
	sector_t sector = number ? remap_slot_sector(rt, number) :
				   rt->main_offset + (block << rt->block_shift);
	blk_status_t status;

	status = remap_sync_io(bdev, sector + first, buf, sectors << SECTOR_SHIFT, opf);
	if (status)
		trace_dm_remap_error(rt, number, block, opf, status);
	return status;
}

/* Validity never changes within a logical block of the mapped device. */
static u32 remap_unit(struct remap_target *rt)
{
	return queue_logical_block_size(dm_disk(rt->md)->queue) >> SECTOR_SHIFT;
}

static void remap_copy_sectors(void *to, const void *from, u64 sectors)
{
	while (sectors) {
		u32 i = __ffs64(sectors);

		memcpy(to + (i << SECTOR_SHIFT), from + (i << SECTOR_SHIFT), SECTOR_SIZE);
		sectors &= sectors - 1;
	}
}

static void remap_zero_sectors(void *buf, u64 sectors)
{
	while (sectors) {
		memset(buf + (__ffs64(sectors) << SECTOR_SHIFT), 0, SECTOR_SIZE);
		sectors &= sectors - 1;
	}
}

/* Reads one unit, as often as the table says. */
static blk_status_t remap_read_unit(struct remap_target *rt, u32 number, u64 block, u32 first,
				    void *buf)
{
	u32 unit = remap_unit(rt), tries = rt->read_retries + 1;
	blk_status_t status;

	do {
		status = remap_block_io(rt, number, block, first, unit, buf, REQ_OP_READ);
	} while (status && !remap_is_path_error(status) && --tries);
	return status;
}

/*
 * Reads the wanted sectors of a block into buf; got are those that could be
 * read. Fails when the path to it does: the data may well be there.
 */
static blk_status_t remap_read_sectors(struct remap_target *rt, u32 number, u64 block, u64 want,
				       void *buf, u64 *got)
{
	u32 first = want ? __ffs64(want) : 0, end = fls64(want), unit = remap_unit(rt), i;
	blk_status_t status;

	*got = want;
	if (!want || !remap_block_io(rt, number, block, first, end - first,
				     rt->block_buf + (first << SECTOR_SHIFT), REQ_OP_READ)) {
		remap_copy_sectors(buf, rt->block_buf, want);
		return BLK_STS_OK;
	}
	for (i = first; i < end; i += unit) {
		u64 mask = remap_mask(i, unit);

		if (!(want & mask))
			continue;
		status = remap_read_unit(rt, number, block, i, buf + (i << SECTOR_SHIFT));
		if (remap_is_path_error(status))
			return status;
		if (status) {
			remap_zero_sectors(buf, mask);
			*got &= ~mask;
		}
	}
	return BLK_STS_OK;
}

/*
 * The new data over what could be read of the block. What cannot be read
 * stays an error after the move.
 */
static blk_status_t remap_move_read(struct remap_target *rt, struct remap_move *move)
{
	u32 number = remap_map_find(&rt->map, move->block);
	u64 all = remap_mask(0, remap_block_len(rt, move->block));
	u64 want = number ? remap_map_slot(&rt->map, number)->valid : all;
	blk_status_t status;
	u64 got;

	move->from = number;
	want &= ~move->fresh;
	remap_zero_sectors(move->data, all & ~move->fresh & ~want);
	status = remap_read_sectors(rt, number, move->block, want, move->data, &got);
	if (!status && move->whole && got != want)
		status = BLK_STS_MEDIUM;
	move->valid = move->fresh | got;
	return status;
}

/* The slot no longer holds its block; a good one can hold another. */
static void remap_slot_drop(struct remap_target *rt, u32 number, bool good)
{
	remap_map_lease(&rt->map, number)->used--;
	if (good)
		remap_slot_free(rt, number);
	else
		remap_slot_retire(rt, number);
}

void remap_drop_others(struct remap_target *rt, u64 block, u32 keep)
{
	struct remap_lease *lease;
	u32 i;

	list_for_each_entry(lease, &rt->leases, list) {
		for (i = 0; i < lease->nr_blocks; i++) {
			struct remap_slot *slot = &lease->slots[i];

			if (!remap_slot_is_live(slot) || remap_slot_block(slot) != block ||
			    lease->base + i == keep)
				continue;
			spin_lock(&rt->map.lock);
			remap_slot_drop(rt, lease->base + i, false);
			spin_unlock(&rt->map.lock);
		}
	}
}

/*
 * Puts the slot in the map; I/O to its block is on hold. When its commit is
 * unsure, the entry that is surely on disk stays there, and its slot stays
 * used: after a crash the block may have to be found in it.
 */
static void remap_install(struct remap_target *rt, u32 number, bool unsure, bool source_is_good)
{
	struct remap_slot *slot = remap_map_slot(&rt->map, number);
	bool others = false;
	u64 marks = 0;
	u32 old;

	spin_lock(&rt->map.lock);
	remap_map_lease(&rt->map, number)->used++;
	if (unsure)
		slot->place |= REMAP_UNSURE;
	old = remap_map_replace(&rt->map, number);
	if (old)
		marks = remap_map_slot(&rt->map, old)->place & REMAP_MARKS;
	if (old && unsure && marks & REMAP_UNSURE)
		remap_slot_drop(rt, old, false);
	else if (old && !unsure && !marks)
		remap_slot_drop(rt, old, source_is_good);
	else if (old && !unsure)
		others = true;
	spin_unlock(&rt->map.lock);
	if (others)
		remap_drop_others(rt, remap_slot_block(slot), number);
}

static void remap_slot_fill(struct remap_target *rt, const struct remap_move *move, u32 number)
{
	struct remap_slot *slot = remap_map_slot(&rt->map, number);

	slot->place = move->block;
	slot->sequence = ++rt->sequence;
	slot->valid = move->valid;
}

static void remap_move_done(struct remap_target *rt, struct remap_move *move, u32 number)
{
	remap_install(rt, number, false, move->source_is_good);
	if (move->unsure)
		remap_slot_retire(rt, move->unsure);
	move->number = number;
	move->status = BLK_STS_OK;
}

/* A commit failed: whether it is on disk is not known. */
static void remap_move_unsure(struct remap_target *rt, struct remap_move *move, u32 number)
{
	if (move->unsure)
		remap_slot_retire(rt, move->unsure);
	move->unsure = number;
	move->number = 0;
}

/* As remap_lease_pick; when every lease has been passed over, all but the lost get another turn. */
static struct remap_lease *remap_pick_again(struct remap_target *rt, unsigned long *skip,
					    const unsigned long *lost, unsigned int *position)
{
	struct remap_lease *lease = remap_lease_pick(rt, skip, position);

	if (lease || bitmap_equal(skip, lost, REMAP_MAX_LEASES))
		return lease;
	bitmap_copy(skip, lost, REMAP_MAX_LEASES);
	return remap_lease_pick(rt, skip, position);
}

/*
 * Tries leases until one takes the block. When a commit failed and no other
 * lease takes it, the slot is installed as unsure, so that the block is never
 * again written in place.
 */
static void remap_move_place(struct remap_target *rt, struct remap_move *move)
{
	DECLARE_BITMAP(skip, REMAP_MAX_LEASES);
	DECLARE_BITMAP(lost, REMAP_MAX_LEASES);
	u32 len = remap_block_len(rt, move->block), number;
	unsigned int position, tries;
	struct remap_lease *lease;
	blk_status_t status;

	bitmap_zero(skip, REMAP_MAX_LEASES);
	bitmap_zero(lost, REMAP_MAX_LEASES);
	for (tries = 0; tries < REMAP_PLACE_TRIES; tries++) {
		lease = remap_pick_again(rt, skip, lost, &position);
		if (!lease)
			break;
		number = remap_lease_free_slot(lease, lease->base);
		status = remap_block_io(rt, number, move->block, 0, len, move->data,
					REQ_OP_WRITE | REQ_SYNC | REQ_FUA);
		if (status) {
			lease->errors++;
			rt->changed = true;
			__set_bit(position, skip);
			if (remap_is_media_error(status) && remap_lease_answers(rt, lease))
				remap_slot_retire(rt, number);
			else
				__set_bit(position, lost);
			continue;
		}
		remap_slot_fill(rt, move, number);
		if (!remap_lease_commit_page(rt, lease, remap_slot_page(lease, number))) {
			remap_move_done(rt, move, number);
			return;
		}
		remap_lease_write_sb(rt, lease);
		remap_move_unsure(rt, move, number);
	}
	if (move->unsure)
		remap_install(rt, move->unsure, true, false);
	move->status = BLK_STS_NOSPC;
}

/* Moves whose data lies in adjacent slots, in one write. */
static blk_status_t remap_write_run(struct remap_target *rt, struct remap_move **run,
				    unsigned int nr)
{
	struct bio_vec vecs[REMAP_BATCH];
	blk_status_t status;
	struct bio bio;
	unsigned int i;

	bio_init(&bio, remap_map_lease(&rt->map, run[0]->number)->bdev, vecs, REMAP_BATCH,
		 REQ_OP_WRITE | REQ_SYNC | REQ_FUA);
	bio.bi_iter.bi_sector = remap_slot_sector(rt, run[0]->number);
	for (i = 0; i < nr; i++)
		__bio_add_page(&bio, virt_to_page(run[i]->data),
			       remap_block_len(rt, run[i]->block) << SECTOR_SHIFT,
			       offset_in_page(run[i]->data));
	submit_bio_wait(&bio);
	status = bio.bi_status;
	bio_uninit(&bio);
	if (status)
		trace_dm_remap_error(rt, run[0]->number, run[0]->block, REQ_OP_WRITE, status);
	return status;
}

static unsigned int remap_run_length(struct remap_target *rt, struct remap_move **moves,
				     unsigned int nr)
{
	unsigned int i;

	for (i = 1; i < nr; i++)
		if (moves[i]->number != moves[i - 1]->number + 1 ||
		    remap_block_len(rt, moves[i - 1]->block) != rt->block_sectors)
			break;
	return i;
}

/* Commits moves whose data is in slots of one lease, page by page. */
static void remap_commit_together(struct remap_target *rt, struct remap_lease *lease,
				  struct remap_move **moves, unsigned int nr)
{
	unsigned int i, j;

	for (i = 0; i < nr && !lease->failed; i = j) {
		u32 page = remap_slot_page(lease, moves[i]->number);
		bool committed;

		for (j = i; j < nr && remap_slot_page(lease, moves[j]->number) == page; j++)
			remap_slot_fill(rt, moves[j], moves[j]->number);
		committed = !remap_lease_commit_page(rt, lease, page);
		for (; i < j; i++) {
			if (committed)
				remap_move_done(rt, moves[i], moves[i]->number);
			else
				remap_move_unsure(rt, moves[i], moves[i]->number);
		}
		if (!committed)
			remap_lease_write_sb(rt, lease);
	}
	for (; i < nr; i++)
		moves[i]->number = 0;
}

/*
 * Places what it can of the moves in one lease, with as few writes as it
 * takes. What remains (number is 0) is placed one by one.
 */
static void remap_place_together(struct remap_target *rt, struct remap_move **moves,
				 unsigned int nr)
{
	struct remap_lease *lease = remap_lease_any(rt);
	struct remap_move *written[REMAP_BATCH];
	unsigned int i, run, nr_written = 0;
	u32 number;

	if (!lease)
		return;
	number = lease->base;
	for (i = 0; i < nr && number; i++) {
		number = remap_lease_free_slot(lease, number);
		moves[i]->number = number;
		if (number && ++number == lease->base + lease->nr_blocks)
			number = 0;
	}
	nr = i;
	if (nr && !moves[nr - 1]->number)
		nr--;
	for (i = 0; i < nr; i += run) {
		unsigned int j;

		run = remap_run_length(rt, moves + i, nr - i);
		if (remap_write_run(rt, moves + i, run)) {
			for (j = i; j < i + run; j++)
				moves[j]->number = 0;
			continue;
		}
		for (j = i; j < i + run; j++)
			written[nr_written++] = moves[j];
	}
	remap_commit_together(rt, lease, written, nr_written);
}

static void remap_moves_hold(struct remap_target *rt)
{
	u64 blocks[REMAP_BATCH];
	unsigned int i;

	for (i = 0; i < rt->nr_moves; i++)
		blocks[i] = rt->moves[i].block;
	remap_map_hold(&rt->map, blocks, rt->nr_moves);
	remap_readers_wait(&rt->readers);
}

/* Nobody else has I/O on a block while it moves. */
void remap_moves_run(struct remap_target *rt)
{
	struct remap_move *ready[REMAP_BATCH];
	unsigned int i, nr_ready = 0;

	if (!rt->nr_moves)
		return;
	if (!remap_lease_any(rt)) {
		remap_check_mode(rt);
		for (i = 0; i < rt->nr_moves; i++) {
			rt->moves[i].status = BLK_STS_NOSPC;
			trace_dm_remap_move(rt, rt->moves[i].block,
					    remap_map_find(&rt->map, rt->moves[i].block), 0,
					    BLK_STS_NOSPC);
		}
		return;
	}
	remap_moves_hold(rt);
	for (i = 0; i < rt->nr_moves; i++) {
		struct remap_move *move = &rt->moves[i];

		move->status = remap_move_read(rt, move);
		if (!move->status)
			ready[nr_ready++] = move;
	}
	if (nr_ready > 1)
		remap_place_together(rt, ready, nr_ready);
	for (i = 0; i < nr_ready; i++)
		if (!ready[i]->number)
			remap_move_place(rt, ready[i]);
	for (i = 0; i < rt->nr_moves; i++)
		trace_dm_remap_move(rt, rt->moves[i].block, rt->moves[i].from,
				    rt->moves[i].number, rt->moves[i].status);
	for (i = 0; i < nr_ready; i++) {
		if (ready[i]->status)
			continue;
		atomic64_inc(&rt->remaps);
		remap_pending_clear(&rt->map, ready[i]->block);
		rt->changed = true;
	}
	remap_map_unhold(&rt->map);
	remap_check_mode(rt);
}
