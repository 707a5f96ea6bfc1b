// SPDX-License-Identifier: GPL-2.0-only
/*
 * The target type as device-mapper knows it.
 */
#include <linux/module.h>

#include "dm-remap.h"
#include "dm-remap-compat.h"
#include "dm-remap-sysfs.h"

#define REMAP_MAX_ZEROES	2048	/* sectors: the worker may have to write them */

/* A suspend waits for messages with I/O held back already. */
static void remap_presuspend(struct dm_target *ti)
{
	struct remap_table *t = ti->private;

	remap_grace_begin(&t->rt->grace);
	WRITE_ONCE(t->suspending, true);
}

static void remap_presuspend_undo(struct dm_target *ti)
{
	struct remap_table *t = ti->private;

	WRITE_ONCE(t->suspending, false);
	queue_work(t->rt->wq, &t->rt->work);
	remap_scrub_thaw(t->rt);
	remap_grace_end(&t->rt->grace);
}

/* Nothing is read or written any more once it returns. */
static void remap_postsuspend(struct dm_target *ti)
{
	struct remap_table *t = ti->private;

	remap_scrub_freeze(t->rt);
	flush_work(&t->rt->work);
}

static int remap_preresume(struct dm_target *ti)
{
	remap_table_activate(ti->private, ti);
	remap_presuspend_undo(ti);
	return 0;
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
	remap_limit_zeroes(limits, REMAP_MAX_ZEROES);
}

static struct target_type remap_target_type = {
	.name = "remap",
	.version = { 1, 1, 0 },
	.module = THIS_MODULE,
	.ctr = remap_ctr,
	.dtr = remap_dtr,
	.map = remap_map_bio,
	.end_io = remap_end_io,
	.presuspend = remap_presuspend,
	.presuspend_undo = remap_presuspend_undo,
	.postsuspend = remap_postsuspend,
	.preresume = remap_preresume,
	.status = remap_status,
	.message = remap_message,
	.iterate_devices = remap_iterate_devices,
	.io_hints = remap_io_hints,
};

static int __init remap_init(void)
{
	int r = remap_sysfs_init(&remap_target_type);

	if (r)
		return r;
	remap_grace_prepare();
	r = dm_register_target(&remap_target_type);
	if (r) {
		remap_grace_dispose();
		remap_sysfs_exit();
	}
	return r;
}

static void __exit remap_exit(void)
{
	dm_unregister_target(&remap_target_type);
	remap_grace_dispose();
	remap_sysfs_exit();
}

module_init(remap_init);
module_exit(remap_exit);

MODULE_DESCRIPTION(DM_NAME " target that moves failing blocks to spare devices");
MODULE_AUTHOR("The dm-remap authors");
MODULE_LICENSE("GPL");
