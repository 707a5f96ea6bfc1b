// SPDX-License-Identifier: GPL-2.0-only
/*
 * The I/O path: bios to healthy blocks pass, others go where their block lives.
 */
#include "dm-remap.h"

static int remap_defer(struct remap_target *rt, struct remap_io *io, struct bio *bio)
{
	remap_readers_leave(&rt->readers, io->epoch);
	io->phase = REMAP_IO_WORKER;
	io->status = BLK_STS_OK;
	remap_queue_bio(rt, bio);
	return DM_MAPIO_SUBMITTED;
}

static int remap_finish(struct remap_target *rt, struct remap_io *io, struct bio *bio,
			blk_status_t status)
{
	remap_readers_leave(&rt->readers, io->epoch);
	io->phase = REMAP_IO_PASS;
	bio->bi_status = status;
	bio_endio(bio);
	return DM_MAPIO_SUBMITTED;
}

static void remap_cut(struct remap_io *io, struct bio *bio, u32 sectors)
{
	if (bio_sectors(bio) > sectors) {
		dm_accept_partial_bio(bio, sectors);
		io->iter = bio->bi_iter;
	}
}

static void remap_to_main(struct remap_target *rt, struct bio *bio, sector_t sector)
{
	bio_set_dev(bio, rt->main_bdev);
	bio->bi_iter.bi_sector = rt->main_offset + sector;
}

/*
 * I/O to a remapped block, cut to it. Goes up to the next change of validity;
 * what is not valid is an error.
 */
static int remap_to_lease(struct remap_target *rt, struct remap_io *io, struct bio *bio,
			  const struct remap_special *special, u32 offset)
{
	u64 ahead = special->valid >> offset;
	bool bad = !(ahead & 1);
	u64 change = bad ? ahead : ~ahead;

	if (change)
		remap_cut(io, bio, __ffs64(change));
	if (bad)
		return remap_finish(rt, io, bio, BLK_STS_MEDIUM);
	bio_set_dev(bio, remap_map_lease(&rt->map, special->number)->bdev);
	bio->bi_iter.bi_sector = remap_slot_sector(rt, special->number) + offset;
	return DM_MAPIO_REMAPPED;
}

/* A write that changes what is known of the block is the worker's. */
static bool remap_write_is_special(const struct remap_special *special, u64 mask)
{
	return special->pending ||
	       (special->number && (special->unsure || (special->valid & mask) != mask));
}

static int remap_map_special(struct remap_target *rt, struct remap_io *io, struct bio *bio,
			     sector_t sector)
{
	u64 first = sector >> rt->block_shift;
	u64 last = (sector + bio_sectors(bio) - 1) >> rt->block_shift;
	u32 offset = sector & (rt->block_sectors - 1);
	struct remap_special special;
	bool defer;

	remap_map_look(&rt->map, first, last, &special);
	if (special.block != first) {
		if (special.block <= last)
			remap_cut(io, bio, (special.block << rt->block_shift) - sector);
		remap_to_main(rt, bio, sector);
		return DM_MAPIO_REMAPPED;
	}

	if (first != last)
		remap_cut(io, bio, rt->block_sectors - offset);
	defer = special.held || (op_is_write(bio_op(bio)) &&
				 remap_write_is_special(&special, remap_mask(offset,
									     bio_sectors(bio))));
	if (bio_op(bio) == REQ_OP_DISCARD && (special.number || defer))
		return remap_finish(rt, io, bio, BLK_STS_OK);
	if (defer)
		return remap_defer(rt, io, bio);
	if (special.number)
		return remap_to_lease(rt, io, bio, &special, offset);
	remap_to_main(rt, bio, sector);
	return DM_MAPIO_REMAPPED;
}

int remap_map_bio(struct dm_target *ti, struct bio *bio)
{
	struct remap_io *io = dm_per_bio_data(bio, sizeof(*io));
	struct remap_table *t = ti->private;
	struct remap_target *rt = t->rt;
	sector_t sector;

	if (unlikely(bio->bi_opf & REQ_PREFLUSH)) {
		io->phase = REMAP_IO_FLUSH;
		bio_set_dev(bio, t->flush_bdevs[dm_bio_get_target_bio_nr(bio)]);
		return DM_MAPIO_REMAPPED;
	}

	sector = dm_target_offset(ti, bio->bi_iter.bi_sector);
	io->phase = REMAP_IO_INFLIGHT;
	io->iter = bio->bi_iter;
	io->epoch = remap_readers_enter(&rt->readers);
	if (likely(remap_map_is_plain(&rt->map, sector >> rt->block_shift,
				      (sector + bio_sectors(bio) - 1) >> rt->block_shift))) {
		remap_to_main(rt, bio, sector);
		return DM_MAPIO_REMAPPED;
	}
	return remap_map_special(rt, io, bio, sector);
}

static bool remap_worker_can_help(struct bio *bio)
{
	switch (bio_op(bio)) {
	case REQ_OP_READ:
		/* Failing read-ahead says little: nobody waited for it, and drivers try less. */
		return !(bio->bi_opf & REQ_RAHEAD);
	case REQ_OP_WRITE:
	case REQ_OP_WRITE_ZEROES:
		return true;
	default:
		return false;
	}
}

/*
 * A spare device on which no block lives has nothing in its cache that could
 * be lost: what moved away from it is durable where it is now.
 */
static bool remap_flush_matters(struct remap_table *t, unsigned int nr)
{
	u32 i;

	for (i = 0; i < t->nr_grants; i++)
		if (t->grants[i].dev->bdev == t->flush_bdevs[nr] &&
		    READ_ONCE(t->grants[i].lease->used))
			return true;
	return !nr; /* the main device */
}

int remap_end_io(struct dm_target *ti, struct bio *bio, blk_status_t *error)
{
	struct remap_io *io = dm_per_bio_data(bio, sizeof(*io));
	struct remap_table *t = ti->private;

	if (unlikely(io->phase != REMAP_IO_INFLIGHT)) {
		if (unlikely(*error) && io->phase == REMAP_IO_FLUSH &&
		    !remap_flush_matters(t, dm_bio_get_target_bio_nr(bio)))
			*error = BLK_STS_OK;
		return DM_ENDIO_DONE;
	}
	remap_readers_leave(&t->rt->readers, io->epoch);
	if (likely(!*error) || !remap_is_media_error(*error) || !remap_worker_can_help(bio))
		return DM_ENDIO_DONE;

	io->phase = REMAP_IO_WORKER;
	io->status = *error;
	bio->bi_iter = io->iter;
	remap_queue_bio(t->rt, bio);
	return DM_ENDIO_INCOMPLETE;
}
