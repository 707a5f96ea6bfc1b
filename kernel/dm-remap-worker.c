// SPDX-License-Identifier: GPL-2.0-only
/*
 * The worker: failed I/O, I/O to blocks that move, and commands.
 */
#include <linux/blkdev.h>

#include "dm-remap.h"
#include "dm-remap-trace.h"

#define REMAP_BIOS_A_TURN 64

/* The part of a bio that lies within one block. */
struct remap_piece {
	struct bio *bio;
	u64 block;
	u32 first;		/* sector within the block */
	u32 sectors;
	void *data;
	blk_status_t failed_before; /* all that failed was this piece */
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

static struct remap_io *remap_io_of(struct bio *bio)
{
	return dm_per_bio_data(bio, sizeof(struct remap_io));
}

static void remap_piece_done(struct bio *bio, blk_status_t status)
{
	struct remap_io *io = remap_io_of(bio);

	if (status && !io->status)
		io->status = status;
	if (--io->pieces)
		return;
	bio->bi_status = io->status;
	bio_endio(bio);
}

static blk_status_t remap_write_in_place(struct remap_target *rt, const struct remap_piece *piece,
					 blk_opf_t flags)
{
	u32 number = remap_map_find(&rt->map, piece->block);
	struct remap_slot *slot = number ? remap_map_slot(&rt->map, number) : NULL;
	struct remap_lease *lease;
	u64 before, valid;
	blk_status_t status;

	valid = slot ? slot->valid | remap_mask(piece->first, piece->sectors) : 0;
	if (!slot || valid == slot->valid)
		return remap_block_io(rt, number, piece->block, piece->first, piece->sectors,
				      piece->data, REQ_OP_WRITE | REQ_SYNC | flags);

	lease = remap_map_lease(&rt->map, number);
	if (lease->failed)
		return BLK_STS_MEDIUM; /* its entry cannot change */
	status = remap_block_io(rt, number, piece->block, piece->first, piece->sectors, piece->data,
				REQ_OP_WRITE | REQ_SYNC | REQ_FUA);
	if (status)
		return status;
	before = slot->valid;
	spin_lock(&rt->map.lock);
	remap_map_set_valid(&rt->map, number, valid);
	spin_unlock(&rt->map.lock);
	status = remap_lease_commit_page(rt, lease, remap_slot_page(lease, number));
	if (status) {
		remap_lease_write_sb(rt, lease);
		spin_lock(&rt->map.lock);
		remap_map_set_valid(&rt->map, number, before);
		remap_map_set_marks(&rt->map, number, REMAP_UNSURE_ENTRY);
		spin_unlock(&rt->map.lock);
	}
	return status;
}

static bool remap_is_unsure(struct remap_target *rt, u64 block)
{
	u32 number = remap_map_find(&rt->map, block);

	return number && remap_map_slot(&rt->map, number)->place & REMAP_MARKS;
}

/*
 * A pending block that no lease takes: the drive may still have spares of its
 * own.
 */
static blk_status_t remap_write_pending(struct remap_target *rt, struct remap_move *move)
{
	struct remap_piece piece = {
		.block = move->block,
		.first = __ffs64(move->fresh),
		.sectors = hweight64(move->fresh),
	};
	blk_status_t status;

	piece.data = move->data + (piece.first << SECTOR_SHIFT);
	status = remap_write_in_place(rt, &piece, move->bio->bi_opf & REQ_FUA);
	if (!status && piece.sectors == remap_block_len(rt, piece.block) &&
	    remap_pending_clear(&rt->map, piece.block))
		rt->changed = true;
	return status;
}

static void remap_move_settle(struct remap_target *rt, struct remap_move *move)
{
	blk_status_t status = move->status;

	if (!move->bio) {
		if (status == BLK_STS_MEDIUM && remap_pending_set(&rt->map, move->block))
			rt->changed = true;
		return;
	}
	if (status) {
		bool in_place = move->was_pending && status == BLK_STS_NOSPC &&
				!remap_is_unsure(rt, move->block);

		status = move->cause;
		if (in_place)
			status = remap_write_pending(rt, move);
		if (status) {
			atomic64_inc(&rt->remap_failures);
			rt->changed = true;
		}
	}
	remap_piece_done(move->bio, status);
}

static void remap_move_all(struct remap_target *rt)
{
	unsigned int i, from_main = 0;

	for (i = 0; i < rt->nr_moves; i++)
		from_main += !remap_map_find(&rt->map, rt->moves[i].block);
	if (!from_main || remap_main_is_worth_it(rt, from_main)) {
		remap_moves_run(rt);
	} else {
		for (i = 0; i < rt->nr_moves; i++)
			rt->moves[i].status = BLK_STS_IOERR;
	}
	for (i = 0; i < rt->nr_moves; i++)
		remap_move_settle(rt, &rt->moves[i]);
	rt->nr_moves = 0;
}

static struct remap_move *remap_move_later(struct remap_target *rt, u64 block)
{
	if (rt->nr_moves == REMAP_BATCH)
		remap_move_all(rt);
	return remap_move_add(rt, block);
}

static void remap_write_piece(struct remap_target *rt, const struct remap_piece *piece)
{
	bool pending = remap_pending_test(&rt->map, piece->block);
	blk_status_t status = BLK_STS_MEDIUM;
	struct remap_move *move;

	remap_io_of(piece->bio)->pieces++;
	if (!pending && !remap_is_unsure(rt, piece->block)) {
		status = remap_write_in_place(rt, piece, piece->bio->bi_opf & REQ_FUA);
		if (!status || !remap_is_media_error(status)) {
			remap_piece_done(piece->bio, status);
			return;
		}
		atomic64_inc(&rt->write_errors);
	}
	move = remap_move_later(rt, piece->block);
	move->bio = piece->bio;
	move->cause = status;
	move->was_pending = pending;
	move->fresh = remap_mask(piece->first, piece->sectors);
	memcpy(move->data + (piece->first << SECTOR_SHIFT), piece->data,
	       piece->sectors << SECTOR_SHIFT);
}

/* A dead device has no pending blocks: one that answers nowhere is failed from here on. */
void remap_read_failed(struct remap_target *rt, u32 number, u64 block)
{
	if (!number && !remap_main_is_worth_it(rt, 0))
		return;
	if (remap_pending_set(&rt->map, block))
		rt->changed = true;
}

/* Reads a piece from where its block lives; the data is in piece->data. */
static blk_status_t remap_read_piece(struct remap_target *rt, const struct remap_piece *piece)
{
	u32 number = remap_map_find(&rt->map, piece->block);
	u32 tries = rt->read_retries + 1;
	u64 mask = remap_mask(piece->first, piece->sectors);
	blk_status_t status = piece->failed_before;
	bool weak = status;

	if (!number && rt->health.main_failed)
		tries = 1;
	if (status)
		tries--;
	if (weak)
		trace_dm_remap_error(rt, number, piece->block, REQ_OP_READ, status);
	if (number && (remap_map_slot(&rt->map, number)->valid & mask) != mask)
		return BLK_STS_MEDIUM;
	while (tries--) {
		status = remap_block_io(rt, number, piece->block, piece->first, piece->sectors,
					piece->data, REQ_OP_READ);
		if (!status || !remap_is_media_error(status))
			break;
		weak = true;
	}
	if (weak || remap_is_media_error(status))
		atomic64_inc(&rt->read_errors);
	if (!status && weak)
		remap_move_later(rt, piece->block)->whole = true;
	else if (remap_is_media_error(status))
		remap_read_failed(rt, number, piece->block);
	return status;
}

static void remap_do_bio(struct remap_target *rt, struct bio *bio)
{
	struct remap_io *io = remap_io_of(bio);
	sector_t sector = io->iter.bi_sector - rt->ti->begin;
	u32 left = io->iter.bi_size >> SECTOR_SHIFT, done = 0;
	blk_status_t failed = remap_is_media_error(io->status) ? io->status : BLK_STS_OK;
	bool write = bio_op(bio) != REQ_OP_READ;
	struct remap_piece piece = { .bio = bio, .data = rt->piece_buf };

	io->status = BLK_STS_OK;
	io->pieces = 1; /* this function */
	if (bio_op(bio) == REQ_OP_DISCARD)
		left = 0;
	while (left && !(io->status && (write || rt->health.main_failed))) {
		blk_status_t status;
		u32 bytes;

		piece.block = sector >> rt->block_shift;
		piece.first = sector & (rt->block_sectors - 1);
		piece.sectors = min(left, rt->block_sectors - piece.first);
		piece.failed_before = !done && left == piece.sectors ? failed : BLK_STS_OK;
		bytes = piece.sectors << SECTOR_SHIFT;
		if (remap_move_find(rt, piece.block))
			remap_move_all(rt);
		if (write) {
			if (bio_op(bio) == REQ_OP_WRITE)
				remap_bio_copy(bio, io->iter, done << SECTOR_SHIFT, piece.data,
					       bytes, false);
			else
				memset(piece.data, 0, bytes);
			remap_write_piece(rt, &piece);
		} else {
			status = remap_read_piece(rt, &piece);
			if (!status)
				remap_bio_copy(bio, io->iter, done << SECTOR_SHIFT, piece.data,
					       bytes, true);
			else if (!io->status)
				io->status = status;
		}
		sector += piece.sectors;
		done += piece.sectors;
		left -= piece.sectors;
		cond_resched();
	}
	remap_piece_done(bio, BLK_STS_OK);
}

/* The next blocks of a range that are not in leases already. */
static void remap_command_move(struct remap_target *rt, struct remap_command *command)
{
	unsigned int i, looked;

	for (looked = 0; command->next <= command->last && looked < 4096; looked++) {
		if (rt->nr_moves >= REMAP_BATCH)
			break;
		if (!remap_map_find(&rt->map, command->next))
			remap_move_add(rt, command->next);
		command->next++;
	}
	remap_moves_run(rt);
	for (i = 0; i < rt->nr_moves; i++) {
		if (!rt->moves[i].status)
			command->count++;
		else if (!command->error)
			command->error = blk_status_to_errno(rt->moves[i].status);
	}
	rt->nr_moves = 0;
}

/*
 * Reads a block where it lives; a bad one becomes pending, a weak one moves.
 * Of a main device that is taken for dead nothing is learnt.
 */
static void remap_command_examine(struct remap_target *rt, struct remap_command *command)
{
	struct remap_piece piece = { .block = command->next++, .data = rt->piece_buf };
	s64 errors = atomic64_read(&rt->read_errors);

	piece.sectors = remap_block_len(rt, piece.block);
	remap_read_piece(rt, &piece);
	remap_move_all(rt);
	if (rt->health.main_failed && !remap_map_find(&rt->map, piece.block))
		command->error = -EIO;
	else
		command->count += atomic64_read(&rt->read_errors) != errors;
}

/* A batch of a command. True when it has ended. */
static bool remap_do_command(struct remap_target *rt, struct remap_command *command)
{
	if (READ_ONCE(command->table->suspending) || command->table != rt->table) {
		command->error = -EAGAIN;
		return true;
	}
	if (READ_ONCE(command->cancelled)) {
		command->error = -EINTR;
		return true;
	}
	if (command->examine)
		remap_command_examine(rt, command);
	else
		remap_command_move(rt, command);
	return command->error || command->next > command->last;
}

static struct bio *remap_next_bio(struct remap_target *rt)
{
	struct bio *bio;

	spin_lock_irq(&rt->work_lock);
	bio = bio_list_pop(&rt->bios);
	spin_unlock_irq(&rt->work_lock);
	return bio;
}

static struct remap_command *remap_next_command(struct remap_target *rt)
{
	struct remap_command *command;

	spin_lock_irq(&rt->work_lock);
	command = list_first_entry_or_null(&rt->commands, struct remap_command, list);
	spin_unlock_irq(&rt->work_lock);
	return command;
}

static void remap_end_command(struct remap_target *rt, struct remap_command *command)
{
	spin_lock_irq(&rt->work_lock);
	list_del(&command->list);
	spin_unlock_irq(&rt->work_lock);
	complete(&command->done);
}

static void remap_raise_event(struct remap_target *rt)
{
	if (rt->changed && rt->ti) {
		rt->changed = false;
		dm_table_event(rt->ti->table);
	}
}

/* One turn of what there is to do; false when there was nothing. */
static bool remap_turn(struct remap_target *rt)
{
	struct remap_command *command = NULL;
	unsigned int bios = 0;
	struct bio *bio;
	bool more;

	while (bios < REMAP_BIOS_A_TURN && (bio = remap_next_bio(rt))) {
		remap_do_bio(rt, bio);
		bios++;
	}
	remap_move_all(rt);
	if (!bios)
		command = remap_next_command(rt);
	if (command && remap_do_command(rt, command))
		remap_end_command(rt, command);
	more = bios || command || remap_job_step(rt);
	remap_raise_event(rt);
	return more;
}

void remap_worker(struct work_struct *work)
{
	struct remap_target *rt = container_of(work, struct remap_target, work);
	bool more;

	do {
		mutex_lock(&rt->lock);
		more = remap_turn(rt);
		mutex_unlock(&rt->lock);
	} while (more);
}

void remap_queue_bio(struct remap_target *rt, struct bio *bio)
{
	unsigned long flags;

	spin_lock_irqsave(&rt->work_lock, flags);
	bio_list_add(&rt->bios, bio);
	queue_work(rt->wq, &rt->work); /* the target may go once the bio is taken */
	spin_unlock_irqrestore(&rt->work_lock, flags);
}

static s64 remap_command_wait(struct remap_target *rt, struct remap_command *command)
{
	init_completion(&command->done);
	spin_lock_irq(&rt->work_lock);
	list_add_tail(&command->list, &rt->commands);
	queue_work(rt->wq, &rt->work);
	spin_unlock_irq(&rt->work_lock);
	if (wait_for_completion_killable(&command->done)) {
		WRITE_ONCE(command->cancelled, true);
		wait_for_completion(&command->done);
	}
	return command->count ?: command->error;
}

s64 remap_move_wait(struct remap_table *t, u64 first, u64 last)
{
	struct remap_command command = { .table = t, .next = first, .last = last };

	return remap_command_wait(t->rt, &command);
}

s64 remap_examine_wait(struct remap_target *rt, u64 first, u64 last)
{
	struct remap_command command = {
		.table = rt->table,
		.examine = true,
		.next = first,
		.last = last,
	};

	return remap_command_wait(rt, &command);
}

void remap_event(struct remap_target *rt)
{
	mutex_lock(&rt->lock);
	rt->changed = true;
	remap_raise_event(rt);
	mutex_unlock(&rt->lock);
}
