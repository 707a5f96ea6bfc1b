// SPDX-License-Identifier: GPL-2.0-only
/*
 * The constructor: what a table line says, and what is refused.
 */
#include <linux/blkdev.h>
#include <linux/slab.h>

#include "dm-remap.h"

#define REMAP_MAX_RETRIES	10

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

static int remap_parse_read_retries(struct dm_target *ti, struct dm_arg_set *as,
				    struct remap_table *t)
{
	static const struct dm_arg arg = { 0, REMAP_MAX_RETRIES, "Invalid read_retries" };

	t->read_retries_given = true;
	return dm_read_arg(&arg, as, &t->read_retries, &ti->error);
}

static int remap_parse_fail_limit(struct dm_target *ti, struct dm_arg_set *as,
				  struct remap_table *t)
{
	static const struct dm_arg args[] = {
		{ 1, UINT_MAX, "Invalid fail_limit" },
		{ 1, 86400, "Invalid seconds of fail_limit" },
	};
	int r = dm_read_arg(&args[0], as, &t->fail_limit, &ti->error);

	return r ?: dm_read_arg(&args[1], as, &t->fail_seconds, &ti->error);
}

static int remap_parse_options(struct dm_target *ti, struct dm_arg_set *as, struct remap_table *t)
{
	static const struct dm_arg nr_arg = { 0, 5, "Invalid number of optional arguments" };
	unsigned int nr, end;
	const char *name;
	int r;

	t->read_retries = 1;
	if (!as->argc)
		return 0;
	r = dm_read_arg_group(&nr_arg, as, &nr, &ti->error);
	if (r)
		return r;
	end = as->argc - nr;
	while (as->argc > end) {
		name = dm_shift_arg(as);
		r = -EINVAL;
		ti->error = "Unknown or repeated optional argument";
		if (!strcasecmp(name, "read_retries") && !t->read_retries_given)
			r = remap_parse_read_retries(ti, as, t);
		else if (!strcasecmp(name, "fail_limit") && !t->fail_limit)
			r = remap_parse_fail_limit(ti, as, t);
		if (r)
			return r;
		ti->error = NULL;
	}
	if (as->argc) {
		ti->error = "Too many arguments, or too few optional ones";
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

int remap_ctr(struct dm_target *ti, unsigned int argc, char **argv)
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
	t->main_bdev = t->main->bdev;
	t->main_offset = offset;
	t->begin = ti->begin;
	t->main_shift = offset - ti->begin;
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

void remap_dtr(struct dm_target *ti)
{
	remap_table_free(ti, ti->private);
}
