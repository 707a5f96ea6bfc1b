// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device-mapper side: constructor, I/O path, status, messages.
 */
#include <linux/blkdev.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "dm-remap.h"

#define REMAP_LIST_LIMIT	256
#define REMAP_MAX_RETRIES	10
#define REMAP_MAX_ZEROES	2048	/* sectors: the worker may have to write them */

static int remap_parse_u64(struct dm_arg_set *as, u64 *value, char *fault, char **error)
{
	const char *arg = dm_shift_arg(as);

	if (!arg || kstrtou64(arg, 10, value)) {
		*error = fault;
		return -EINVAL;
	}
	return 0;
}

static int remap_parse_device(struct dm_target *ti, struct dm_arg_set *as, struct dm_dev **dev,
			      char *fault)
{
	const char *path = dm_shift_arg(as);
	int r = path ? dm_get_device(ti, path, dm_table_get_mode(ti->table), dev) : -EINVAL;

	if (r)
		ti->error = fault;
	return r;
}

static int remap_parse_grant(struct dm_target *ti, struct dm_arg_set *as, struct remap_grant *grant)
{
	u64 offset, length;
	int r;

	r = remap_parse_device(ti, as, &grant->dev, "Cannot open a lease's device");
	if (!r)
		r = remap_parse_u64(as, &offset, "Invalid lease offset", &ti->error);
	if (!r)
		r = remap_parse_u64(as, &length, "Invalid lease length", &ti->error);
	if (r)
		return r;
	if (offset % REMAP_META_SECTORS || length % REMAP_META_SECTORS || !length) {
		ti->error = "Lease offset and length must be multiples of 8 sectors";
		return -EINVAL;
	}
	if (length > bdev_nr_sectors(grant->dev->bdev) ||
	    offset > bdev_nr_sectors(grant->dev->bdev) - length) {
		ti->error = "Lease goes beyond the end of its device";
		return -EINVAL;
	}
	grant->offset = offset;
	grant->length = length;
	return 0;
}

static bool remap_extents_overlap(struct block_device *a, sector_t a_start, sector_t a_len,
				  struct block_device *b, sector_t b_start, sector_t b_len)
{
	return a == b && a_start < b_start + b_len && b_start < a_start + a_len;
}

static int remap_parse_grants(struct dm_target *ti, struct dm_arg_set *as, struct remap_table *t)
{
	static const struct dm_arg nr_arg = { 0, REMAP_MAX_LEASES, "Invalid number of leases" };
	unsigned int nr, i, j;
	int r;

	r = dm_read_arg(&nr_arg, as, &nr, &ti->error);
	if (r)
		return r;
	t->grants = kcalloc(nr, sizeof(*t->grants), GFP_KERNEL);
	t->flush_bdevs = kcalloc(nr + 1, sizeof(*t->flush_bdevs), GFP_KERNEL);
	if (!t->grants || !t->flush_bdevs) {
		ti->error = "Cannot allocate leases";
		return -ENOMEM;
	}
	t->flush_bdevs[t->nr_flush++] = t->main->bdev;
	for (i = 0; i < nr; i++) {
		struct remap_grant *grant = &t->grants[i];

		t->nr_grants = i + 1;
		r = remap_parse_grant(ti, as, grant);
		if (r)
			return r;
		for (j = 0; j < i; j++) {
			if (remap_extents_overlap(grant->dev->bdev, grant->offset, grant->length,
						  t->grants[j].dev->bdev, t->grants[j].offset,
						  t->grants[j].length)) {
				ti->error = "Leases overlap";
				return -EINVAL;
			}
		}
		if (remap_extents_overlap(grant->dev->bdev, grant->offset, grant->length,
					  t->main->bdev, t->main_offset, ti->len)) {
			ti->error = "Lease overlaps the main device";
			return -EINVAL;
		}
		for (j = 0; j < t->nr_flush; j++)
			if (t->flush_bdevs[j] == grant->dev->bdev)
				break;
		if (j == t->nr_flush)
			t->flush_bdevs[t->nr_flush++] = grant->dev->bdev;
	}
	return 0;
}

static int remap_parse_options(struct dm_target *ti, struct dm_arg_set *as, struct remap_table *t)
{
	static const struct dm_arg nr_arg = { 0, 2, "Invalid number of optional arguments" };
	static const struct dm_arg retries_arg = { 0, REMAP_MAX_RETRIES, "Invalid read_retries" };
	const char *name;
	unsigned int nr;
	int r;

	t->read_retries = 1;
	if (as->argc) {
		r = dm_read_arg_group(&nr_arg, as, &nr, &ti->error);
		if (r)
			return r;
		while (nr) {
			name = dm_shift_arg(as);
			if (nr < 2 || strcasecmp(name, "read_retries") || t->read_retries_given) {
				ti->error = "Unknown or incomplete optional argument";
				return -EINVAL;
			}
			r = dm_read_arg(&retries_arg, as, &t->read_retries, &ti->error);
			if (r)
				return r;
			t->read_retries_given = true;
			nr -= 2;
		}
	}
	if (as->argc) {
		ti->error = "Too many arguments";
		return -EINVAL;
	}
	return 0;
}

static int remap_check_device(struct dm_target *ti, struct remap_table *t, u32 block_sectors)
{
	u32 i;

	if (bdev_is_zoned(t->main->bdev)) {
		ti->error = "Zoned devices are not supported";
		return -EINVAL;
	}
	if (bdev_logical_block_size(t->main->bdev) > block_sectors << SECTOR_SHIFT) {
		ti->error = "Block is smaller than the main device's logical block";
		return -EINVAL;
	}
	for (i = 0; i < t->nr_grants; i++) {
		struct block_device *bdev = t->grants[i].dev->bdev;

		if (bdev_is_zoned(bdev)) {
			ti->error = "Zoned devices are not supported";
			return -EINVAL;
		}
		if (bdev_logical_block_size(bdev) > REMAP_META_BYTES) {
			ti->error = "Block is smaller than a spare device's logical block";
			return -EINVAL;
		}
	}
	return 0;
}

static void remap_table_free(struct dm_target *ti, struct remap_table *t)
{
	u32 i;

	remap_table_detach(t);
	for (i = 0; i < t->nr_grants; i++)
		if (t->grants[i].dev)
			dm_put_device(ti, t->grants[i].dev);
	if (t->main)
		dm_put_device(ti, t->main);
	kfree(t->flush_bdevs);
	kfree(t->grants);
	kfree(t);
}

static int remap_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	struct dm_arg_set as = { .argc = argc, .argv = argv };
	u64 offset, block_sectors;
	struct remap_table *t;
	const char *text;
	uuid_t uuid;
	int r;

	if (argc < 6) {
		ti->error = "Not enough arguments";
		return -EINVAL;
	}
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t) {
		ti->error = "Cannot allocate table";
		return -ENOMEM;
	}
	r = remap_parse_device(ti, &as, &t->main, "Cannot open the main device");
	if (!r)
		r = remap_parse_u64(&as, &offset, "Invalid main device offset", &ti->error);
	if (!r)
		r = remap_parse_u64(&as, &block_sectors, "Invalid block size", &ti->error);
	if (r)
		goto bad;
	r = -EINVAL;
	t->main_offset = offset;
	if (block_sectors != 8 && block_sectors != 16 && block_sectors != 32 &&
	    block_sectors != 64) {
		ti->error = "Block size must be 8, 16, 32 or 64 sectors";
		goto bad;
	}
	if (offset % block_sectors) {
		ti->error = "Main device offset must be a multiple of the block size";
		goto bad;
	}
	if (ti->len > bdev_nr_sectors(t->main->bdev) ||
	    offset > bdev_nr_sectors(t->main->bdev) - ti->len) {
		ti->error = "Target goes beyond the end of the main device";
		goto bad;
	}
	text = dm_shift_arg(&as);
	if (!text || strlen(text) != UUID_STRING_LEN || uuid_parse(text, &uuid)) {
		ti->error = "Invalid target UUID";
		goto bad;
	}
	r = remap_parse_u64(&as, &t->generation, "Invalid generation", &ti->error);
	if (r)
		goto bad;
	r = -EINVAL;
	if (!t->generation) {
		ti->error = "Generation must be at least 1";
		goto bad;
	}
	r = remap_parse_grants(ti, &as, t);
	if (!r)
		r = remap_parse_options(ti, &as, t);
	if (!r)
		r = remap_check_device(ti, t, block_sectors);
	if (!r)
		r = remap_table_attach(t, ti, &uuid, block_sectors, &ti->error);
	if (r)
		goto bad;

	ti->private = t;
	ti->num_flush_bios = t->nr_flush;
	ti->flush_supported = true;
	ti->num_discard_bios = 1;
	ti->num_write_zeroes_bios = 1;
	ti->per_io_data_size = sizeof(struct remap_io);
	return 0;
bad:
	remap_table_free(ti, t);
	return r;
}

static void remap_dtr(struct dm_target *ti)
{
	remap_table_free(ti, ti->private);
}

/* A suspend waits for messages with I/O held back already. */
static void remap_presuspend(struct dm_target *ti)
{
	struct remap_table *t = ti->private;

	WRITE_ONCE(t->suspending, true);
}

static void remap_presuspend_undo(struct dm_target *ti)
{
	struct remap_table *t = ti->private;

	WRITE_ONCE(t->suspending, false);
}

static int remap_preresume(struct dm_target *ti)
{
	remap_table_activate(ti->private, ti);
	remap_presuspend_undo(ti);
	return 0;
}

static int remap_defer(struct remap_target *rt, struct remap_io *io, struct bio *bio)
{
	remap_leave(rt, io->epoch);
	io->phase = REMAP_IO_WORKER;
	remap_queue_bio(rt, bio);
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

/* The first special block of the range: remapped, pending or on hold. */
static u64 remap_first_special(struct remap_target *rt, u64 first, u64 last)
{
	struct remap_slot *slot = remap_map_find_from(rt, first);
	u64 busy = smp_load_acquire(&rt->busy_block);
	unsigned long pending = first;
	u64 at = REMAP_NO_BLOCK;

	if (slot)
		at = slot->main_block;
	if (busy >= first && busy < at)
		at = busy;
	if (xa_find(&rt->pending, &pending, min(at, last), XA_PRESENT))
		at = min_t(u64, at, pending);
	return at;
}

static int remap_finish(struct remap_target *rt, struct remap_io *io, struct bio *bio,
			blk_status_t status)
{
	remap_leave(rt, io->epoch);
	io->phase = REMAP_IO_PASS;
	bio->bi_status = status;
	bio_endio(bio);
	return DM_MAPIO_SUBMITTED;
}

/*
 * I/O to a remapped block, cut to it, under map_lock. Goes up to the next
 * change of validity; what is not valid is an error.
 */
static int remap_to_lease(struct remap_target *rt, struct remap_io *io, struct bio *bio,
			  struct remap_slot *slot, u32 offset, bool *bad)
{
	u64 ahead = slot->valid >> offset;
	u64 change;

	*bad = !(ahead & 1);
	change = *bad ? ahead : ~ahead;
	if (change)
		remap_cut(io, bio, __ffs64(change));
	if (*bad)
		return 0;
	bio_set_dev(bio, slot->lease->bdev);
	bio->bi_iter.bi_sector = remap_slot_sector(rt, slot) + offset;
	return DM_MAPIO_REMAPPED;
}

static bool remap_slot_takes_write(const struct remap_slot *slot, u64 mask)
{
	return (slot->valid & mask) == mask && !slot->unsure;
}

static int remap_map_special(struct remap_target *rt, struct remap_io *io, struct bio *bio,
			     sector_t sector)
{
	u64 first = sector >> rt->block_shift;
	u64 last = (sector + bio_sectors(bio) - 1) >> rt->block_shift;
	u32 offset = sector & (rt->block_sectors - 1);
	bool write = op_is_write(bio_op(bio)), defer, bad = false;
	struct remap_slot *slot;
	u64 special;
	int r = 0;

	read_lock(&rt->map_lock);
	special = remap_first_special(rt, first, last);
	if (special != first) {
		read_unlock(&rt->map_lock);
		if (special <= last)
			remap_cut(io, bio, (special << rt->block_shift) - sector);
		remap_to_main(rt, bio, sector);
		return DM_MAPIO_REMAPPED;
	}

	remap_cut(io, bio, rt->block_sectors - offset);
	slot = remap_map_find(rt, first);
	defer = READ_ONCE(rt->busy_block) == first ||
		(write && (remap_pending_test(rt, first) ||
			   (slot && !remap_slot_takes_write(slot, remap_mask(offset,
									     bio_sectors(bio))))));
	if (slot && !defer)
		r = remap_to_lease(rt, io, bio, slot, offset, &bad);
	read_unlock(&rt->map_lock);

	if (bio_op(bio) == REQ_OP_DISCARD && (slot || defer))
		return remap_finish(rt, io, bio, BLK_STS_OK);
	if (defer)
		return remap_defer(rt, io, bio);
	if (bad)
		return remap_finish(rt, io, bio, BLK_STS_MEDIUM);
	if (!slot) {
		remap_to_main(rt, bio, sector);
		return DM_MAPIO_REMAPPED;
	}
	return r;
}

static int remap_map(struct dm_target *ti, struct bio *bio)
{
	struct remap_io *io = dm_per_bio_data(bio, sizeof(*io));
	struct remap_table *t = ti->private;
	struct remap_target *rt = t->rt;
	sector_t sector;

	io->status = BLK_STS_OK;
	if (unlikely(bio->bi_opf & REQ_PREFLUSH)) {
		io->phase = REMAP_IO_FLUSH;
		bio_set_dev(bio, t->flush_bdevs[dm_bio_get_target_bio_nr(bio)]);
		return DM_MAPIO_REMAPPED;
	}

	sector = dm_target_offset(ti, bio->bi_iter.bi_sector);
	io->phase = REMAP_IO_INFLIGHT;
	io->iter = bio->bi_iter;
	io->epoch = remap_enter(rt);
	if (likely(!remap_region_test(rt, sector >> rt->block_shift,
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

static int remap_end_io(struct dm_target *ti, struct bio *bio, blk_status_t *error)
{
	struct remap_io *io = dm_per_bio_data(bio, sizeof(*io));
	struct remap_table *t = ti->private;

	if (io->phase != REMAP_IO_INFLIGHT) {
		if (unlikely(*error) && io->phase == REMAP_IO_FLUSH &&
		    !remap_flush_matters(t, dm_bio_get_target_bio_nr(bio)))
			*error = BLK_STS_OK;
		return DM_ENDIO_DONE;
	}
	remap_leave(t->rt, io->epoch);
	if (likely(!*error) || !remap_is_media_error(*error) || !remap_worker_can_help(bio))
		return DM_ENDIO_DONE;

	io->phase = REMAP_IO_WORKER;
	io->status = *error;
	bio->bi_iter = io->iter;
	remap_queue_bio(t->rt, bio);
	return DM_ENDIO_INCOMPLETE;
}

static int remap_iterate_devices(struct dm_target *ti, iterate_devices_callout_fn fn, void *data)
{
	struct remap_table *t = ti->private;
	int r = fn(ti, t->main, t->main_offset, ti->len, data);
	u32 i;

	for (i = 0; !r && i < t->nr_grants; i++)
		r = fn(ti, t->grants[i].dev, t->grants[i].offset, t->grants[i].length, data);
	return r;
}

static void remap_io_hints(struct dm_target *ti, struct queue_limits *limits)
{
	limits->max_write_zeroes_sectors = min_t(u32, limits->max_write_zeroes_sectors,
						 REMAP_MAX_ZEROES);
}

static void remap_status_info(struct remap_target *rt, char *result, unsigned int maxlen)
{
	struct remap_lease *lease;
	unsigned int sz = 0;
	u64 total = 0;

	read_lock(&rt->map_lock);
	list_for_each_entry(lease, &rt->leases, list)
		total += lease->nr_blocks;
	DMEMIT("%s %llu %u %llu/%llu %d %lld %lld %lld %lld %lld %u",
	       rt->nospace ? "nospace" : "rw", rt->generation, rt->block_sectors, rt->used, total,
	       atomic_read(&rt->nr_pending), (s64)atomic64_read(&rt->read_errors),
	       (s64)atomic64_read(&rt->write_errors), (s64)atomic64_read(&rt->remaps),
	       (s64)atomic64_read(&rt->remap_failures), (s64)atomic64_read(&rt->metadata_errors),
	       rt->nr_leases);
	list_for_each_entry(lease, &rt->leases, list)
		DMEMIT(" %pUb %u:%u %llu %u/%u %u %u %s", &lease->uuid, MAJOR(lease->dev),
		       MINOR(lease->dev), (u64)lease->offset, lease->used, lease->nr_blocks,
		       lease->retired, lease->errors,
		       lease->failed				       ? "failed" :
		       lease->used + lease->retired == lease->nr_blocks ? "full" :
									  "ok");
	read_unlock(&rt->map_lock);
}

static void remap_status_table(struct dm_target *ti, char *result, unsigned int maxlen)
{
	struct remap_table *t = ti->private;
	unsigned int sz = 0;
	u32 i;

	DMEMIT("%s %llu %u %pUb %llu %u", t->main->name, (u64)t->main_offset,
	       t->rt->block_sectors, &t->rt->uuid, t->generation, t->nr_grants);
	for (i = 0; i < t->nr_grants; i++)
		DMEMIT(" %s %llu %llu", t->grants[i].dev->name, (u64)t->grants[i].offset,
		       (u64)t->grants[i].length);
	if (t->read_retries_given)
		DMEMIT(" 2 read_retries %u", t->read_retries);
}

static void remap_status_ima(struct dm_target *ti, char *result, unsigned int maxlen)
{
	struct remap_table *t = ti->private;
	unsigned int sz = 0;
	u32 i;

	DMEMIT_TARGET_NAME_VERSION(ti->type);
	DMEMIT(",uuid=%pUb,generation=%llu,main=%s,main_offset=%llu,block_sectors=%u",
	       &t->rt->uuid, t->generation, t->main->name, (u64)t->main_offset,
	       t->rt->block_sectors);
	for (i = 0; i < t->nr_grants; i++)
		DMEMIT(",lease_%u=%s+%llu+%llu", i, t->grants[i].dev->name,
		       (u64)t->grants[i].offset, (u64)t->grants[i].length);
	DMEMIT(";");
}

static void remap_status(struct dm_target *ti, status_type_t type, unsigned int flags,
			 char *result, unsigned int maxlen)
{
	struct remap_table *t = ti->private;

	switch (type) {
	case STATUSTYPE_INFO:
		remap_status_info(t->rt, result, maxlen);
		break;
	case STATUSTYPE_TABLE:
		remap_status_table(ti, result, maxlen);
		break;
	case STATUSTYPE_IMA:
		remap_status_ima(ti, result, maxlen);
		break;
	}
}

static int remap_message_remap(struct dm_target *ti, u64 sector, u64 sectors, char *result,
			       unsigned int maxlen)
{
	struct remap_table *t = ti->private;
	struct remap_target *rt = t->rt;
	unsigned int sz = 0, moved = 0;
	u64 block, last;
	int r = 0;

	if (!sectors || sector >= ti->len || sectors > ti->len - sector)
		return -ERANGE;
	last = (sector + sectors - 1) >> rt->block_shift;
	for (block = sector >> rt->block_shift; block <= last; block++) {
		if (dm_suspended(ti) || READ_ONCE(t->suspending))
			r = -EAGAIN;
		else
			r = remap_relocate_wait(rt, block);
		if (r < 0)
			break;
		moved += r;
		if (fatal_signal_pending(current)) {
			r = -EINTR;
			break;
		}
	}
	if (r < 0 && !moved)
		return r;
	DMEMIT("%u", moved);
	return 1;
}

static int remap_message_list(struct remap_target *rt, u64 first, u64 count, char *result,
			      unsigned int maxlen)
{
	struct remap_slot *slot;
	unsigned int sz = 0;
	struct rb_node *node;

	read_lock(&rt->map_lock);
	slot = remap_map_find_from(rt, first);
	for (node = slot ? &slot->node : NULL; node; node = rb_next(node)) {
		struct remap_lease *lease;
		unsigned int index = 0;

		slot = rb_entry(node, struct remap_slot, node);
		if (!count--) {
			DMEMIT("next %llu\n", slot->main_block);
			break;
		}
		list_for_each_entry(lease, &rt->leases, list) {
			if (lease == slot->lease)
				break;
			index++;
		}
		DMEMIT("%llu %u %llu %llx\n", slot->main_block, index, remap_slot_index(slot),
		       slot->valid);
	}
	read_unlock(&rt->map_lock);
	return 1;
}

static int remap_message_pending(struct remap_target *rt, u64 first, u64 count, char *result,
				 unsigned int maxlen)
{
	unsigned int sz = 0;
	unsigned long block;
	void *entry;

	xa_for_each_start(&rt->pending, block, entry, first) {
		if (!count--) {
			DMEMIT("next %lu\n", block);
			break;
		}
		DMEMIT("%lu\n", block);
	}
	return 1;
}

static int remap_message_help(char *result, unsigned int maxlen)
{
	unsigned int sz = 0;

	DMEMIT("remap <first sector> <number of sectors>\n");
	DMEMIT("list [<first block> [<count>]]\n");
	DMEMIT("pending [<first block> [<count>]]\n");
	DMEMIT("help\n");
	return 1;
}

static int remap_message(struct dm_target *ti, unsigned int argc, char **argv, char *result,
			 unsigned int maxlen)
{
	struct remap_table *t = ti->private;
	u64 first = 0, second = REMAP_LIST_LIMIT;
	bool numbers = argc <= 3;

	if (argc > 1 && kstrtou64(argv[1], 10, &first))
		numbers = false;
	if (argc > 2 && kstrtou64(argv[2], 10, &second))
		numbers = false;

	if (!strcasecmp(argv[0], "help") && argc == 1)
		return remap_message_help(result, maxlen);
	if (!strcasecmp(argv[0], "remap") && argc == 3 && numbers)
		return remap_message_remap(ti, first, second, result, maxlen);
	second = min_t(u64, second, REMAP_LIST_LIMIT);
	if (!strcasecmp(argv[0], "list") && numbers)
		return remap_message_list(t->rt, first, second, result, maxlen);
	if (!strcasecmp(argv[0], "pending") && numbers)
		return remap_message_pending(t->rt, first, second, result, maxlen);
	DMERR("unknown message, or wrong arguments: %s (try help)", argv[0]);
	return -EINVAL;
}

static struct target_type remap_target_type = {
	.name = "remap",
	.version = { 1, 0, 0 },
	.module = THIS_MODULE,
	.ctr = remap_ctr,
	.dtr = remap_dtr,
	.map = remap_map,
	.end_io = remap_end_io,
	.presuspend = remap_presuspend,
	.presuspend_undo = remap_presuspend_undo,
	.preresume = remap_preresume,
	.status = remap_status,
	.message = remap_message,
	.iterate_devices = remap_iterate_devices,
	.io_hints = remap_io_hints,
};

static int __init remap_init(void)
{
	return dm_register_target(&remap_target_type);
}

static void __exit remap_exit(void)
{
	dm_unregister_target(&remap_target_type);
}

module_init(remap_init);
module_exit(remap_exit);

MODULE_DESCRIPTION(DM_NAME " target that moves failing blocks to spare devices");
MODULE_AUTHOR("The dm-remap authors");
MODULE_LICENSE("GPL");
