// SPDX-License-Identifier: GPL-2.0-only
/*
 * The I/O path: bios to healthy blocks pass, others go where their block lives.
 */
#include "dm-remap.h"

/*
 * A bio's bi_private, which device-mapper leaves to the target, is the
 * reader's count that it entered in, or one of these.
 */
#define REMAP_BIO_PASS	NULL		/* its result goes up */
#define REMAP_BIO_FLUSH	((void *)1)	/* of one device */

static __always_inline bool remap_leave(struct remap_target *rt, struct bio *bio)
{
	return remap_readers_leave(&rt->readers, (struct remap_reader_count __percpu __force *)
							 bio->bi_private);
}

static void remap_leave_and_pass(struct remap_target *rt, struct bio *bio)
{
	if (remap_leave(rt, bio))
		remap_readers_wake(&rt->readers);
	bio->bi_private = REMAP_BIO_PASS;
}

static int remap_defer(struct remap_target *rt, struct remap_io *io, struct bio *bio)
{
	remap_leave_and_pass(rt, bio);
	io->status = BLK_STS_OK;
	remap_queue_bio(rt, bio);
	return DM_MAPIO_SUBMITTED;
}

static int remap_finish(struct remap_target *rt, struct bio *bio, blk_status_t status)
{
	remap_leave_and_pass(rt, bio);
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

static __always_inline int remap_to_main(struct remap_table *t, struct bio *bio)
{
	bio->bi_iter.bi_sector += t->main_shift;
	bio_set_dev(bio, t->main_bdev);
	return DM_MAPIO_REMAPPED;
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
		return remap_finish(rt, bio, BLK_STS_MEDIUM);
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

static noinline int remap_map_special(struct remap_table *t, struct bio *bio)
{
	struct remap_io *io = dm_per_bio_data(bio, sizeof(*io));
	sector_t sector = bio->bi_iter.bi_sector - t->begin;
	struct remap_target *rt = t->rt;
	u64 first = sector >> rt->block_shift;
	u64 last = (sector + bio_sectors(bio) - 1) >> rt->block_shift;
	u32 offset = sector & (rt->block_sectors - 1);
	struct remap_special special;
	bool defer;

	remap_map_look(&rt->map, first, last, &special);
	if (special.block != first) {
		if (special.block <= last)
			remap_cut(io, bio, (special.block << rt->block_shift) - sector);
		return remap_to_main(t, bio);
	}

	if (first != last)
		remap_cut(io, bio, rt->block_sectors - offset);
	defer = special.held || (op_is_write(bio_op(bio)) &&
				 remap_write_is_special(&special, remap_mask(offset,
									     bio_sectors(bio))));
	if (bio_op(bio) == REQ_OP_DISCARD && (special.number || defer))
		return remap_finish(rt, bio, BLK_STS_OK);
	if (defer)
		return remap_defer(rt, io, bio);
	if (special.number)
		return remap_to_lease(rt, io, bio, &special, offset);
	return remap_to_main(t, bio);
}

/*
 * The common cases of I/O to one block in a region that has remaps: the block
 * is on the main device, or all that is asked for is valid in a lease.
 */
static noinline int remap_map_block(struct remap_table *t, struct bio *bio)
{
	sector_t sector = bio->bi_iter.bi_sector - t->begin;
	struct remap_target *rt = t->rt;
	u64 block = sector >> rt->block_shift;
	u32 offset = sector & (rt->block_sectors - 1);
	struct remap_lease *lease;
	u64 valid, mask;
	u32 number;

	if (offset + bio_sectors(bio) > rt->block_sectors ||
	    !remap_map_look_at(&rt->map, block, &number, &valid))
		return remap_map_special(t, bio);
	if (!number)
		return remap_to_main(t, bio);

	mask = remap_mask(offset, bio_sectors(bio));
	if ((valid & mask) != mask || bio_op(bio) == REQ_OP_DISCARD)
		return remap_map_special(t, bio);
	lease = remap_map_lease(&rt->map, number);
	bio->bi_iter.bi_sector = remap_lease_sector(rt, lease, number) + offset;
	bio_set_dev(bio, lease->bdev);
	return DM_MAPIO_REMAPPED;
}

static noinline int remap_map_flush(struct remap_table *t, struct bio *bio)
{
	bio->bi_private = REMAP_BIO_FLUSH;
	bio_set_dev(bio, t->flush_bdevs[dm_bio_get_target_bio_nr(bio)]);
	return DM_MAPIO_REMAPPED;
}

/*
 * What is read here is laid out so that I/O to a healthy block costs little
 * more than in a linear mapping.
 */
int remap_map_bio(struct dm_target *ti, struct bio *bio)
{
	struct remap_table *t = ti->private;
	struct remap_io *io;

	if (unlikely(bio->bi_opf & REQ_PREFLUSH))
		return remap_map_flush(t, bio);

	io = dm_per_bio_data(bio, sizeof(*io));
	io->iter = bio->bi_iter;
	bio->bi_private = (void __force *)remap_readers_enter(&t->rt->readers);
	if (likely(remap_map_is_plain(&t->rt->map, bio->bi_iter.bi_sector - t->begin,
				      bio_sectors(bio))))
		return remap_to_main(t, bio);
	return remap_map_block(t, bio);
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

static noinline int remap_end_other(struct remap_table *t, struct bio *bio, blk_status_t *error)
{
	if (bio->bi_private == REMAP_BIO_FLUSH && *error &&
	    !remap_flush_matters(t, dm_bio_get_target_bio_nr(bio)))
		*error = BLK_STS_OK;
	return DM_ENDIO_DONE;
}

/* It has failed, or somebody waits for it, or both. */
static noinline int remap_end_special(struct remap_table *t, struct bio *bio, blk_status_t status)
{
	struct remap_io *io = dm_per_bio_data(bio, sizeof(*io));
	struct remap_target *rt = t->rt;

	remap_readers_wake(&rt->readers);
	if (!status || !remap_is_media_error(status) || !remap_worker_can_help(bio) ||
	    (READ_ONCE(rt->health.main_failed) && bio->bi_bdev == t->main_bdev))
		return DM_ENDIO_DONE;
	bio->bi_private = REMAP_BIO_PASS;
	io->status = status;
	bio->bi_iter = io->iter;
	remap_queue_bio(rt, bio);
	return DM_ENDIO_INCOMPLETE;
}

int remap_end_io(struct dm_target *ti, struct bio *bio, blk_status_t *error)
{
	struct remap_table *t = ti->private;

	if (unlikely(bio->bi_private == REMAP_BIO_PASS || bio->bi_private == REMAP_BIO_FLUSH))
		return remap_end_other(t, bio, error);
	if (unlikely(remap_leave(t->rt, bio) | (__force u8)*error))
		return remap_end_special(t, bio, *error);
	return DM_ENDIO_DONE;
}
