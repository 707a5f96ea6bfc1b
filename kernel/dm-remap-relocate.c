// SPDX-License-Identifier: GPL-2.0-only
/*
 * The worker: failed I/O, I/O to blocks that are being moved, and moves.
 */
#include <linux/bitmap.h>
#include <linux/blkdev.h>

#include "dm-remap.h"

#define REMAP_PLACE_TRIES 16

/* A piece of a bio that lies within one block, or a whole block to move. */
struct remap_chunk {
	u64 block;
	u32 first;		/* sector within the block */
	u32 sectors;
	void *data;		/* NULL: nothing new, only move */
	bool whole;		/* move only if all of it can still be read */
	blk_opf_t flags;	/* REQ_FUA when the bio had it */
};

static void remap_bio_copy(struct bio *bio, struct bvec_iter iter, unsigned int skip,
			   void *buf, unsigned int bytes, bool to_bio)
{
	struct bio_vec bv;

	bio_advance_iter(bio, &iter, skip);
	iter.bi_size = bytes;
	__bio_for_each_segment(bv, bio, iter, iter) {
		if (to_bio)
			memcpy_to_bvec(&bv, buf);
		else
			memcpy_from_bvec(buf, &bv);
		buf += bv.bv_len;
	}
}

static struct remap_slot *remap_lookup(struct remap_target *rt, u64 block)
{
	/* Only this worker changes the map. */
	return remap_map_find(rt, block);
}

static blk_status_t remap_block_io(struct remap_target *rt, struct remap_slot *slot, u64 block,
				   u32 first, u32 sectors, void *buf, blk_opf_t opf)
{
	struct block_device *bdev = slot ? slot->lease->bdev : rt->main_bdev;
	sector_t sector = slot ? remap_slot_sector(rt, slot) :
				 rt->main_offset + (block << rt->block_shift);

	return remap_sync_io(bdev, sector + first, buf, sectors << SECTOR_SHIFT, opf);
}

/* Validity never changes within a logical block of the mapped device. */
static u32 remap_unit(struct remap_target *rt)
{
	return queue_logical_block_size(dm_disk(rt->md)->queue) >> SECTOR_SHIFT;
}

/*
 * Reads a block's sectors in want from where it lives, into block_buf. Valid
 * are those that could be read; the others are zeroed and must stay errors.
 * Fails when the path to it does: the data may well be there.
 */
static blk_status_t remap_read_block(struct remap_target *rt, u64 block, struct remap_slot *slot,
				     u64 want, u64 *valid)
{
	u32 len = remap_block_len(rt, block);
	u32 unit = remap_unit(rt), i;
	blk_status_t status;

	*valid = want;
	memset(rt->block_buf, 0, rt->block_sectors << SECTOR_SHIFT);
	if (want == remap_mask(0, len) &&
	    !remap_block_io(rt, slot, block, 0, len, rt->block_buf, REQ_OP_READ))
		return BLK_STS_OK;
	for (i = 0; i < len; i += unit) {
		u64 mask = remap_mask(i, unit);
		void *buf = rt->block_buf + (i << SECTOR_SHIFT);
		u32 tries = rt->read_retries + 1;

		if (!(want & mask))
			continue;
		do {
			status = remap_block_io(rt, slot, block, i, unit, buf, REQ_OP_READ);
		} while (status && !remap_is_path_error(status) && --tries);
		if (!status)
			continue;
		if (remap_is_path_error(status))
			return status;
		memset(buf, 0, unit << SECTOR_SHIFT);
		*valid &= ~mask;
	}
	return BLK_STS_OK;
}

static void remap_slot_retire(struct remap_slot *slot)
{
	slot->state = REMAP_SLOT_RETIRED;
	slot->lease->retired++;
}

/* No longer holds its block. */
static void remap_slot_drop(struct remap_slot *slot)
{
	slot->lease->used--;
	slot->unsure = false;
	slot->behind = NULL;
	remap_slot_retire(slot);
}

/*
 * Puts the slot in the map; I/O to its block is on hold. When its commit is
 * unsure, the entry that is surely on disk stays there, and its slot stays
 * used: after a crash the block may have to be found in it.
 */
static void remap_install(struct remap_target *rt, struct remap_slot *slot, bool unsure)
{
	struct remap_slot *old, *behind = NULL;

	write_lock(&rt->map_lock);
	slot->lease->used++;
	old = remap_map_replace(rt, slot);
	if (old) {
		behind = old->unsure ? old->behind : old;
		if (old != behind)
			remap_slot_drop(old);
		if (behind && !unsure)
			remap_slot_drop(behind);
	} else {
		rt->used++;
	}
	slot->unsure = unsure;
	slot->behind = unsure ? behind : NULL;
	write_unlock(&rt->map_lock);
}

/* As remap_lease_pick; when every lease has been passed over, all but the lost get another turn. */
static struct remap_slot *remap_pick_again(struct remap_target *rt, unsigned long *skip,
					   const unsigned long *lost, unsigned int *position)
{
	struct remap_slot *slot = remap_lease_pick(rt, skip, position);

	if (slot || bitmap_equal(skip, lost, REMAP_MAX_LEASES))
		return slot;
	bitmap_copy(skip, lost, REMAP_MAX_LEASES);
	return remap_lease_pick(rt, skip, position);
}

/*
 * Writes block_buf to a lease and commits it there. When a commit failed and
 * no other lease takes the block, what is on disk is unknown: the slot is
 * installed as unsure, so that the block is never again written in place.
 */
static blk_status_t remap_place(struct remap_target *rt, u64 block, u64 valid)
{
	DECLARE_BITMAP(skip, REMAP_MAX_LEASES);
	DECLARE_BITMAP(lost, REMAP_MAX_LEASES);
	u32 len = remap_block_len(rt, block);
	struct remap_slot *slot, *unsure = NULL;
	unsigned int position, tries;
	blk_status_t status;

	bitmap_zero(skip, REMAP_MAX_LEASES);
	bitmap_zero(lost, REMAP_MAX_LEASES);
	for (tries = 0; tries < REMAP_PLACE_TRIES; tries++) {
		slot = remap_pick_again(rt, skip, lost, &position);
		if (!slot)
			break;
		status = remap_block_io(rt, slot, block, 0, len, rt->block_buf,
					REQ_OP_WRITE | REQ_SYNC | REQ_FUA);
		if (status) {
			slot->lease->errors++;
			rt->changed = true;
			__set_bit(position, skip);
			if (remap_is_media_error(status))
				remap_slot_retire(slot);
			else
				__set_bit(position, lost);
			continue;
		}
		slot->main_block = block;
		slot->sequence = ++rt->sequence;
		slot->valid = valid;
		slot->state = REMAP_SLOT_LIVE;
		if (!remap_lease_commit(rt, slot)) {
			remap_install(rt, slot, false);
			if (unsure)
				remap_slot_retire(unsure);
			return BLK_STS_OK;
		}
		remap_lease_write_sb(rt, slot->lease);
		if (unsure)
			remap_slot_retire(unsure);
		unsure = slot;
	}
	if (unsure)
		remap_install(rt, unsure, true);
	return BLK_STS_NOSPC;
}

static void remap_set_nospace(struct remap_target *rt, bool nospace)
{
	if (rt->nospace == nospace)
		return;
	rt->nospace = nospace;
	rt->changed = true;
	if (nospace)
		DMWARN("target %pUb: no free lease block, write errors go up", &rt->uuid);
}

/*
 * Moves a block to a lease, with the chunk's data over what could be read of
 * it. Nobody else has I/O on the block while its data is copied.
 */
static blk_status_t remap_relocate(struct remap_target *rt, const struct remap_chunk *chunk)
{
	DECLARE_BITMAP(none, REMAP_MAX_LEASES);
	struct remap_slot *slot = remap_lookup(rt, chunk->block);
	u32 len = remap_block_len(rt, chunk->block);
	u64 want = slot ? slot->valid : remap_mask(0, len);
	blk_status_t status = BLK_STS_OK;
	unsigned int position;
	u64 valid = 0;

	bitmap_zero(none, REMAP_MAX_LEASES);
	if (!remap_lease_pick(rt, none, &position)) {
		remap_set_nospace(rt, true);
		return BLK_STS_NOSPC;
	}

	remap_block_hold(rt, chunk->block);
	if (!chunk->data || chunk->sectors != len)
		status = remap_read_block(rt, chunk->block, slot, want, &valid);
	if (!status && chunk->whole && valid != want)
		status = BLK_STS_MEDIUM;
	if (chunk->data) {
		memcpy(rt->block_buf + (chunk->first << SECTOR_SHIFT), chunk->data,
		       chunk->sectors << SECTOR_SHIFT);
		valid |= remap_mask(chunk->first, chunk->sectors);
	}
	if (!status)
		status = remap_place(rt, chunk->block, valid);
	if (!status) {
		atomic64_inc(&rt->remaps);
		remap_pending_clear(rt, chunk->block);
		rt->changed = true;
	}
	remap_block_unhold(rt);
	remap_set_nospace(rt, !remap_lease_pick(rt, none, &position));
	return status;
}

static blk_status_t remap_write_in_lease(struct remap_target *rt, struct remap_slot *slot,
					 const struct remap_chunk *chunk)
{
	u64 valid = slot->valid | remap_mask(chunk->first, chunk->sectors);
	bool more = valid != slot->valid;
	blk_status_t status;

	status = remap_block_io(rt, slot, chunk->block, chunk->first, chunk->sectors, chunk->data,
				REQ_OP_WRITE | REQ_SYNC | (more ? REQ_FUA : chunk->flags));
	if (!status && more) {
		u64 before = slot->valid;

		write_lock(&rt->map_lock);
		slot->valid = valid;
		write_unlock(&rt->map_lock);
		status = remap_lease_commit(rt, slot);
		if (status) {
			remap_lease_write_sb(rt, slot->lease);
			write_lock(&rt->map_lock);
			slot->valid = before;
			slot->unsure = true;
			slot->behind = slot;
			write_unlock(&rt->map_lock);
		}
	}
	return status;
}

static blk_status_t remap_write_in_place(struct remap_target *rt, struct remap_slot *slot,
					 const struct remap_chunk *chunk)
{
	if (slot)
		return remap_write_in_lease(rt, slot, chunk);
	return remap_block_io(rt, NULL, chunk->block, chunk->first, chunk->sectors, chunk->data,
			      REQ_OP_WRITE | REQ_SYNC | chunk->flags);
}

static blk_status_t remap_write_chunk(struct remap_target *rt, const struct remap_chunk *chunk)
{
	struct remap_slot *slot = remap_lookup(rt, chunk->block);
	bool pending = remap_pending_test(rt, chunk->block);
	blk_status_t status, moved;

	if (!pending && !(slot && slot->unsure)) {
		status = remap_write_in_place(rt, slot, chunk);
		if (!status || !remap_is_media_error(status))
			return status;
		atomic64_inc(&rt->write_errors);
	} else {
		status = BLK_STS_MEDIUM;
	}

	moved = remap_relocate(rt, chunk);
	if (!moved)
		return BLK_STS_OK;
	slot = remap_lookup(rt, chunk->block);
	if (pending && moved == BLK_STS_NOSPC && !(slot && slot->unsure)) {
		/* No lease takes it, and the drive may still have spares of its own. */
		status = remap_write_in_place(rt, slot, chunk);
		if (!status) {
			if (chunk->sectors == remap_block_len(rt, chunk->block))
				remap_pending_clear(rt, chunk->block);
			return BLK_STS_OK;
		}
	}
	atomic64_inc(&rt->remap_failures);
	rt->changed = true;
	return status;
}

/* Reads a piece of a block from where it lives; the data is in chunk->data. */
static blk_status_t remap_read_chunk(struct remap_target *rt, const struct remap_chunk *chunk,
				     bool failed_before)
{
	struct remap_slot *slot = remap_lookup(rt, chunk->block);
	u32 tries = rt->read_retries + (failed_before ? 0 : 1);
	u64 mask = remap_mask(chunk->first, chunk->sectors);
	blk_status_t status = BLK_STS_MEDIUM;
	bool weak = failed_before;

	if (slot && (slot->valid & mask) != mask)
		return BLK_STS_MEDIUM;
	while (tries--) {
		status = remap_block_io(rt, slot, chunk->block, chunk->first, chunk->sectors,
					chunk->data, REQ_OP_READ);
		if (!status || !remap_is_media_error(status))
			break;
		weak = true;
	}
	if (weak || remap_is_media_error(status))
		atomic64_inc(&rt->read_errors);
	if (!status && weak) {
		struct remap_chunk move = { .block = chunk->block, .whole = true };

		if (remap_relocate(rt, &move) == BLK_STS_MEDIUM)
			remap_pending_set(rt, chunk->block);
	} else if (remap_is_media_error(status)) {
		remap_pending_set(rt, chunk->block);
	}
	return status;
}

static blk_status_t remap_do_bio(struct remap_target *rt, struct bio *bio, struct remap_io *io)
{
	sector_t sector = io->iter.bi_sector - rt->ti->begin;
	u32 left = io->iter.bi_size >> SECTOR_SHIFT, done = 0;
	bool failed = remap_is_media_error(io->status);
	bool write = bio_op(bio) != REQ_OP_READ;
	blk_status_t result = BLK_STS_OK;
	struct remap_chunk chunk = {
		.data = rt->chunk_buf,
		.flags = bio->bi_opf & REQ_FUA,
	};

	if (bio_op(bio) == REQ_OP_DISCARD)
		return BLK_STS_OK;
	while (left) {
		blk_status_t status;

		chunk.block = sector >> rt->block_shift;
		chunk.first = sector & (rt->block_sectors - 1);
		chunk.sectors = min(left, rt->block_sectors - chunk.first);
		if (bio_op(bio) == REQ_OP_WRITE)
			remap_bio_copy(bio, io->iter, done << SECTOR_SHIFT, chunk.data,
				       chunk.sectors << SECTOR_SHIFT, false);
		else if (bio_op(bio) == REQ_OP_WRITE_ZEROES)
			memset(chunk.data, 0, chunk.sectors << SECTOR_SHIFT);

		if (write)
			status = remap_write_chunk(rt, &chunk);
		else
			status = remap_read_chunk(rt, &chunk,
						  failed && !done && left == chunk.sectors);
		if (!status && !write)
			remap_bio_copy(bio, io->iter, done << SECTOR_SHIFT, chunk.data,
				       chunk.sectors << SECTOR_SHIFT, true);
		if (status && !result)
			result = status;
		if (status && write)
			break;
		sector += chunk.sectors;
		done += chunk.sectors;
		left -= chunk.sectors;
		cond_resched();
	}
	return result;
}

static void remap_finish_bio(struct remap_target *rt, struct bio *bio)
{
	struct remap_io *io = dm_per_bio_data(bio, sizeof(*io));
	blk_status_t status;

	mutex_lock(&rt->lock);
	status = remap_do_bio(rt, bio, io);
	mutex_unlock(&rt->lock);
	io->phase = REMAP_IO_PASS;
	bio->bi_status = status;
	bio_endio(bio);
}

static void remap_do_command(struct remap_target *rt, struct remap_command *command)
{
	struct remap_chunk chunk = { .block = command->block };

	mutex_lock(&rt->lock);
	if (remap_lookup(rt, command->block))
		command->result = 0;
	else
		command->result = blk_status_to_errno(remap_relocate(rt, &chunk)) ?: 1;
	mutex_unlock(&rt->lock);
	complete(&command->done);
}

void remap_worker(struct work_struct *work)
{
	struct remap_target *rt = container_of(work, struct remap_target, work);

	for (;;) {
		struct remap_command *command = NULL;
		struct bio *bio;

		spin_lock_irq(&rt->work_lock);
		bio = bio_list_pop(&rt->bios);
		if (!bio && !list_empty(&rt->commands)) {
			command = list_first_entry(&rt->commands, struct remap_command, list);
			list_del(&command->list);
		}
		spin_unlock_irq(&rt->work_lock);
		if (bio)
			remap_finish_bio(rt, bio);
		else if (command)
			remap_do_command(rt, command);

		mutex_lock(&rt->lock);
		if (rt->changed && rt->ti) {
			rt->changed = false;
			dm_table_event(rt->ti->table);
		}
		mutex_unlock(&rt->lock);
		if (!bio && !command)
			return;
	}
}

void remap_queue_bio(struct remap_target *rt, struct bio *bio)
{
	unsigned long flags;

	spin_lock_irqsave(&rt->work_lock, flags);
	bio_list_add(&rt->bios, bio);
	queue_work(rt->wq, &rt->work); /* the target may go once the bio is taken */
	spin_unlock_irqrestore(&rt->work_lock, flags);
}

int remap_relocate_wait(struct remap_target *rt, u64 block)
{
	struct remap_command command = { .block = block };

	init_completion(&command.done);
	spin_lock_irq(&rt->work_lock);
	list_add_tail(&command.list, &rt->commands);
	spin_unlock_irq(&rt->work_lock);
	queue_work(rt->wq, &rt->work);
	wait_for_completion(&command.done);
	return command.result;
}
