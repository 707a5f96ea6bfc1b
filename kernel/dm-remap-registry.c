// SPDX-License-Identifier: GPL-2.0-only
/*
 * The targets by UUID, and a table's share in them.
 */
#include <linux/bitmap.h>
#include <linux/blkdev.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "dm-remap.h"

static LIST_HEAD(remap_targets);
static DEFINE_MUTEX(remap_targets_lock);

static void remap_target_free(struct remap_target *rt)
{
	struct remap_lease *lease, *next;

	if (rt->wq)
		destroy_workqueue(rt->wq);
	list_for_each_entry_safe(lease, next, &rt->leases, list)
		remap_lease_free(lease);
	xa_destroy(&rt->pending);
	free_percpu(rt->inflight);
	kvfree(rt->regions);
	kfree(rt->block_buf);
	kfree(rt->chunk_buf);
	kfree(rt->meta_buf);
	kfree(rt);
}

static struct remap_target *remap_target_new(struct dm_target *ti, const uuid_t *uuid,
					     u32 block_sectors)
{
	struct remap_target *rt = kzalloc(sizeof(*rt), GFP_KERNEL);
	u64 nr_regions;

	if (!rt)
		return NULL;
	rt->md = dm_table_get_md(ti->table);
	uuid_copy(&rt->uuid, uuid);
	rt->main_sectors = ti->len;
	rt->block_sectors = block_sectors;
	rt->block_shift = __ffs(block_sectors);
	rt->nr_blocks = DIV_ROUND_UP_SECTOR_T(ti->len, block_sectors);
	rt->busy_block = REMAP_NO_BLOCK;
	rt->map = RB_ROOT;
	rwlock_init(&rt->map_lock);
	INIT_LIST_HEAD(&rt->leases);
	xa_init(&rt->pending);
	init_waitqueue_head(&rt->drain_wait);
	spin_lock_init(&rt->work_lock);
	bio_list_init(&rt->bios);
	INIT_LIST_HEAD(&rt->commands);
	INIT_WORK(&rt->work, remap_worker);
	mutex_init(&rt->lock);

	nr_regions = (rt->nr_blocks >> REMAP_REGION_SHIFT) + 1;
	rt->regions = kvcalloc(BITS_TO_LONGS(nr_regions), sizeof(long), GFP_KERNEL);
	rt->inflight = alloc_percpu(struct remap_inflight);
	rt->block_buf = kmalloc(block_sectors << SECTOR_SHIFT, GFP_KERNEL);
	rt->chunk_buf = kmalloc(block_sectors << SECTOR_SHIFT, GFP_KERNEL);
	rt->meta_buf = kmalloc(REMAP_META_BYTES, GFP_KERNEL);
	rt->wq = alloc_ordered_workqueue("dm-remap", WQ_MEM_RECLAIM);
	if (!rt->regions || !rt->inflight || !rt->block_buf || !rt->chunk_buf ||
	    !rt->meta_buf || !rt->wq) {
		remap_target_free(rt);
		return NULL;
	}
	return rt;
}

static struct remap_target *remap_target_find(const uuid_t *uuid)
{
	struct remap_target *rt;

	list_for_each_entry(rt, &remap_targets, list)
		if (uuid_equal(&rt->uuid, uuid))
			return rt;
	return NULL;
}

static struct remap_lease *remap_target_lease(struct remap_target *rt, struct remap_grant *grant)
{
	struct remap_lease *lease;

	list_for_each_entry(lease, &rt->leases, list)
		if (lease->dev == grant->dev->bdev->bd_dev && lease->offset == grant->offset &&
		    lease->length == grant->length)
			return lease;
	return NULL;
}

static bool remap_table_grants(struct remap_table *t, struct remap_lease *lease)
{
	u32 i;

	for (i = 0; i < t->nr_grants; i++)
		if (t->grants[i].lease == lease)
			return true;
	return false;
}

static int remap_table_open_grants(struct remap_table *t, char **error)
{
	u32 i, j;

	for (i = 0; i < t->nr_grants; i++) {
		struct remap_grant *grant = &t->grants[i];
		struct remap_lease *lease = remap_target_lease(t->rt, grant);

		if (!lease) {
			lease = remap_lease_open(t->rt, grant->dev->bdev, grant->offset,
						 grant->length, error);
			if (IS_ERR(lease))
				return PTR_ERR(lease);
			grant->fresh = true;
		}
		grant->lease = lease;
		for (j = 0; j < i; j++) {
			if (uuid_equal(&t->grants[j].lease->uuid, &lease->uuid)) {
				*error = "Lease is given twice";
				return -EINVAL;
			}
		}
		if (t->generation < lease->generation) {
			*error = "Table generation is lower than one that a lease has seen";
			return -ESTALE;
		}
	}
	return 0;
}

static bool remap_table_has_uuid(struct remap_table *t, const u8 *uuid)
{
	u32 i;

	for (i = 0; i < t->nr_grants; i++)
		if (!memcmp(&t->grants[i].lease->uuid, uuid, 16))
			return true;
	return false;
}

/*
 * A set read from disk must be whole: a lease that is not there may hold
 * remaps, and the main device would then answer with what it had before.
 */
static int remap_table_check_members(struct remap_table *t, char **error)
{
	struct remap_lease *newest = NULL;
	u32 i;

	for (i = 0; i < t->nr_grants; i++) {
		struct remap_lease *lease = t->grants[i].lease;

		if (!newest || lease->generation > newest->generation)
			newest = lease;
	}
	for (i = 0; newest && i < newest->disk_members; i++) {
		if (!remap_table_has_uuid(t, newest->members[i])) {
			*error = "A lease of the target is missing from the table";
			return -EINVAL;
		}
	}
	return 0;
}

/* Of two entries for one block the newer counts; the older is what it replaced. */
static void remap_target_load_lease(struct remap_target *rt, struct remap_lease *lease)
{
	u32 i;

	for (i = 0; i < lease->nr_blocks; i++) {
		struct remap_slot *slot = &lease->slots[i], *old, *loser;

		if (slot->state != REMAP_SLOT_LIVE)
			continue;
		rt->sequence = max(rt->sequence, slot->sequence);
		old = remap_map_find(rt, slot->main_block);
		if (!old) {
			remap_map_replace(rt, slot);
			remap_region_set(rt, slot->main_block);
			rt->used++;
			continue;
		}
		loser = old->sequence > slot->sequence ? slot : old;
		if (loser == old)
			remap_map_replace(rt, slot);
		loser->state = REMAP_SLOT_RETIRED;
		loser->lease->used--;
		loser->lease->retired++;
	}
}

static void remap_target_adopt(struct remap_target *rt, struct remap_lease *lease)
{
	list_add_tail(&lease->list, &rt->leases);
	rt->nr_leases++;
}

static int remap_table_check_reload(struct remap_table *t, char **error)
{
	struct remap_target *rt = t->rt;
	bool same = t->nr_grants == rt->nr_leases;
	struct remap_lease *lease;
	u32 i;

	if (t->generation < rt->generation) {
		*error = "Table generation is lower than the running one";
		return -ESTALE;
	}
	for (i = 0; i < t->nr_grants; i++) {
		if (!t->grants[i].fresh)
			continue;
		same = false;
		if (t->grants[i].lease->used) {
			*error = "Lease holds remaps that the running table does not know";
			return -EINVAL;
		}
	}
	if (!same && t->generation == rt->generation) {
		*error = "A table with other leases needs a higher generation";
		return -EINVAL;
	}
	list_for_each_entry(lease, &rt->leases, list) {
		if (!remap_table_grants(t, lease) && lease->used) {
			*error = "Lease that is left out still holds remaps";
			return -EBUSY;
		}
	}
	return 0;
}

/*
 * A table is checked against the running one, and shares its leases. So that
 * this stays true until it is resumed, only one may wait for that.
 */
static int remap_table_join(struct remap_table *t, struct dm_target *ti, u32 block_sectors,
			    char **error)
{
	struct remap_target *rt = t->rt;
	int r = 0;

	if (rt->md != dm_table_get_md(ti->table)) {
		*error = "Target UUID is in use by another mapped device";
		return -EBUSY;
	}
	if (rt->main_sectors != ti->len || rt->block_sectors != block_sectors) {
		*error = "Length and block size of a running target cannot change";
		return -EINVAL;
	}
	mutex_lock(&rt->lock);
	if (rt->loading) {
		*error = "Another table of the target is loaded already";
		r = -EBUSY;
	} else {
		rt->loading = t;
	}
	mutex_unlock(&rt->lock);
	return r;
}

/* The target has leases from the moment that one table of it was activated. */
static int remap_table_take_grants(struct remap_table *t, char **error)
{
	struct remap_target *rt = t->rt;
	struct remap_lease *lease;
	u32 i;
	int r;

	r = remap_table_open_grants(t, error);
	if (r)
		return r;
	if (!rt->ti) {
		r = remap_table_check_members(t, error);
		if (r)
			return r;
		for (i = 0; i < t->nr_grants; i++) {
			remap_target_load_lease(rt, t->grants[i].lease);
			remap_target_adopt(rt, t->grants[i].lease);
			t->grants[i].fresh = false;
		}
		return 0;
	}
	mutex_lock(&rt->lock);
	r = remap_table_check_reload(t, error);
	if (!r) {
		list_for_each_entry(lease, &rt->leases, list)
			if (!remap_table_grants(t, lease))
				lease->leaving++;
	}
	mutex_unlock(&rt->lock);
	return r;
}

int remap_table_attach(struct remap_table *t, struct dm_target *ti, const uuid_t *uuid,
		       u32 block_sectors, char **error)
{
	int r;

	mutex_lock(&remap_targets_lock);
	t->rt = remap_target_find(uuid);
	if (t->rt) {
		r = remap_table_join(t, ti, block_sectors, error);
		if (r) {
			t->rt = NULL;
			goto out;
		}
	} else {
		t->rt = remap_target_new(ti, uuid, block_sectors);
		if (!t->rt) {
			*error = "Cannot allocate target";
			r = -ENOMEM;
			goto out;
		}
		list_add(&t->rt->list, &remap_targets);
		t->rt->loading = t;
	}
	t->rt->refs++;
	r = remap_table_take_grants(t, error);
	if (!r)
		t->attached = true;
out:
	mutex_unlock(&remap_targets_lock);
	return r;
}

void remap_table_detach(struct remap_table *t)
{
	struct remap_target *rt = t->rt;
	struct remap_lease *lease;
	u32 i;

	if (!rt)
		return;
	mutex_lock(&remap_targets_lock);
	mutex_lock(&rt->lock);
	if (rt->table == t) {
		rt->table = NULL;
		rt->ti = NULL;
	}
	if (rt->loading == t)
		rt->loading = NULL;
	if (t->attached && !t->activated && rt->ti) {
		list_for_each_entry(lease, &rt->leases, list)
			if (!remap_table_grants(t, lease))
				lease->leaving--;
	}
	mutex_unlock(&rt->lock);
	for (i = 0; i < t->nr_grants; i++)
		if (t->grants[i].fresh)
			remap_lease_free(t->grants[i].lease);
	if (!--rt->refs) {
		list_del(&rt->list);
		remap_target_free(rt);
	}
	mutex_unlock(&remap_targets_lock);
}

static void remap_table_hand_over(struct remap_table *t)
{
	struct remap_target *rt = t->rt;
	struct remap_lease *lease, *next;
	LIST_HEAD(gone);
	u32 i;

	write_lock(&rt->map_lock);
	list_for_each_entry_safe(lease, next, &rt->leases, list)
		if (!remap_table_grants(t, lease))
			list_move(&lease->list, &gone);
	rt->nr_leases = t->nr_grants;
	for (i = 0; i < t->nr_grants; i++) {
		lease = t->grants[i].lease;
		lease->bdev = t->grants[i].dev->bdev;
		if (t->grants[i].fresh)
			list_add_tail(&lease->list, &rt->leases);
		else
			list_move_tail(&lease->list, &rt->leases);
		t->grants[i].fresh = false;
	}
	write_unlock(&rt->map_lock);
	list_for_each_entry_safe(lease, next, &gone, list)
		remap_lease_free(lease);
}

void remap_table_activate(struct remap_table *t, struct dm_target *ti)
{
	DECLARE_BITMAP(none, REMAP_MAX_LEASES);
	struct remap_target *rt = t->rt;
	struct remap_lease *lease;
	unsigned int position;

	mutex_lock(&rt->lock);
	if (rt->table != t)
		remap_table_hand_over(t);
	t->activated = true;
	if (rt->loading == t)
		rt->loading = NULL;
	rt->table = t;
	rt->ti = ti;
	rt->main_bdev = t->main->bdev;
	rt->main_offset = t->main_offset;
	rt->read_retries = t->read_retries;
	rt->generation = t->generation;
	list_for_each_entry(lease, &rt->leases, list)
		if (lease->generation != rt->generation)
			remap_lease_write_sb(rt, lease);
	bitmap_zero(none, REMAP_MAX_LEASES);
	rt->nospace = !remap_lease_pick(rt, none, &position);
	if (rt->changed)
		queue_work(rt->wq, &rt->work);
	mutex_unlock(&rt->lock);
}
