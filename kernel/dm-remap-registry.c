// SPDX-License-Identifier: GPL-2.0-only
/*
 * The targets by UUID, and a table's share in them.
 */
#include <linux/blkdev.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "dm-remap.h"
#include "dm-remap-sysfs.h"

/* Leases of one generation name the same members, or they could not be put together again. */
#define REMAP_NEEDS_GENERATION \
	"Another list of leases, or another order of them, needs a higher generation"

static LIST_HEAD(remap_targets);
static DEFINE_MUTEX(remap_targets_lock);

static void remap_target_free(struct remap_target *rt)
{
	struct remap_lease *lease, *next;

	remap_grace_end(&rt->grace);
	remap_scrub_destroy(rt);
	if (rt->wq)
		destroy_workqueue(rt->wq);
	list_for_each_entry_safe(lease, next, &rt->leases, list)
		remap_lease_free(lease);
	remap_map_destroy(&rt->map);
	remap_readers_destroy(&rt->readers);
	remap_moves_free(rt);
	kfree(rt->block_buf);
	kfree(rt->piece_buf);
	kfree(rt->meta_buf);
	kfree(rt);
}

static struct remap_target *remap_target_new(struct dm_target *ti, const uuid_t *uuid,
					     u32 block_sectors)
{
	struct remap_target *rt = kzalloc(sizeof(*rt), GFP_KERNEL);

	if (!rt)
		return NULL;
	rt->md = dm_table_get_md(ti->table);
	uuid_copy(&rt->uuid, uuid);
	rt->main_sectors = ti->len;
	rt->block_sectors = block_sectors;
	rt->block_shift = __ffs(block_sectors);
	rt->nr_blocks = DIV_ROUND_UP_SECTOR_T(ti->len, block_sectors);
	INIT_LIST_HEAD(&rt->leases);
	spin_lock_init(&rt->work_lock);
	bio_list_init(&rt->bios);
	INIT_LIST_HEAD(&rt->commands);
	INIT_WORK(&rt->work, remap_worker);
	mutex_init(&rt->lock);
	remap_grace_init(&rt->grace);

	rt->block_buf = kmalloc(block_sectors << SECTOR_SHIFT, GFP_KERNEL);
	rt->piece_buf = kmalloc(block_sectors << SECTOR_SHIFT, GFP_KERNEL);
	rt->meta_buf = kmalloc(REMAP_META_BYTES, GFP_KERNEL);
	rt->wq = alloc_ordered_workqueue("dm-remap", WQ_MEM_RECLAIM);
	if (remap_map_init(&rt->map, rt->nr_blocks, rt->block_shift) ||
	    remap_readers_init(&rt->readers) || remap_moves_alloc(rt) || remap_scrub_init(rt) ||
	    !rt->block_buf || !rt->piece_buf || !rt->meta_buf || !rt->wq) {
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

static bool remap_lease_names(const struct remap_lease *lease, const uuid_t *member)
{
	u32 i;

	for (i = 0; i < lease->disk_members; i++)
		if (!memcmp(lease->members[i], member, 16))
			return true;
	return false;
}

/* The table's leases are those that a lease names, in their order. */
static bool remap_table_is_of(const struct remap_table *t, const struct remap_lease *lease)
{
	u32 i;

	if (t->nr_grants != lease->disk_members)
		return false;
	for (i = 0; i < t->nr_grants; i++)
		if (memcmp(&t->grants[i].lease->uuid, lease->members[i], 16))
			return false;
	return true;
}

static struct remap_lease *remap_table_newest(struct remap_table *t)
{
	struct remap_lease *newest = NULL;
	u32 i;

	for (i = 0; i < t->nr_grants; i++) {
		struct remap_lease *lease = t->grants[i].lease;

		if (!newest || lease->generation > newest->generation)
			newest = lease;
	}
	return newest;
}

/*
 * A set read from disk must be whole: a lease that is not there may hold
 * remaps, and the main device would then answer with what it had before. One
 * that had left the set may name blocks that were released since.
 */
static int remap_table_check_members(struct remap_table *t, char **error)
{
	struct remap_lease *newest = remap_table_newest(t);
	u32 i;

	for (i = 0; newest && i < newest->disk_members; i++) {
		if (!remap_table_has_uuid(t, newest->members[i])) {
			*error = "A lease of the target is missing from the table";
			return -EINVAL;
		}
	}
	if (newest && t->generation == newest->generation && !remap_table_is_of(t, newest)) {
		*error = REMAP_NEEDS_GENERATION;
		return -EINVAL;
	}
	for (i = 0; i < t->nr_grants; i++) {
		struct remap_lease *lease = t->grants[i].lease;

		if (lease->generation == newest->generation &&
		    (lease->disk_members != newest->disk_members ||
		     memcmp(lease->members, newest->members, 16 * (size_t)lease->disk_members))) {
			*error = "Leases of one generation name different members";
			return -EINVAL;
		}
		if (lease->used && !remap_lease_names(newest, &lease->uuid)) {
			*error = "Lease had left the target, and still holds remaps";
			return -EINVAL;
		}
	}
	return 0;
}

/*
 * Prepares the map's spans as they are once the table is live: the running
 * leases keep their numbers, fresh ones get runs that are free.
 */
static int remap_table_plan_spans(struct remap_table *t, char **error)
{
	struct remap_map *map = &t->rt->map;
	u32 nr = max(map->nr_spans, 1U), next = 1, i, j, n;
	struct remap_lease *lease;

	for (i = 0; i < t->nr_grants; i++)
		if (t->grants[i].fresh)
			nr += DIV_ROUND_UP(t->grants[i].lease->nr_blocks, REMAP_SPAN_SLOTS);
	if (nr > REMAP_MAX_SPANS) {
		*error = "Leases have too many blocks";
		return -EINVAL;
	}
	t->spans = kvcalloc(nr, sizeof(*t->spans), GFP_KERNEL | __GFP_NOWARN);
	if (!t->spans) {
		*error = "Cannot allocate spans";
		return -ENOMEM;
	}
	t->nr_spans = nr;
	if (map->nr_spans)
		memcpy(t->spans, map->spans, map->nr_spans * sizeof(*t->spans));
	for (i = 0; i < t->nr_grants; i++) {
		if (!t->grants[i].fresh)
			continue;
		lease = t->grants[i].lease;
		n = DIV_ROUND_UP(lease->nr_blocks, REMAP_SPAN_SLOTS);
		for (j = next; j < next + n; j++)
			if (t->spans[j].lease)
				next = j + 1;
		lease->base = next << REMAP_SPAN_SHIFT;
		for (j = 0; j < n; j++, next++) {
			t->spans[next].lease = lease;
			t->spans[next].slots = lease->slots + ((size_t)j << REMAP_SPAN_SHIFT);
		}
	}
	return 0;
}

/* While nobody looks anything up. */
static void remap_table_take_spans(struct remap_table *t)
{
	struct remap_map *map = &t->rt->map;

	swap(map->spans, t->spans);
	map->nr_spans = t->nr_spans;
}

static void remap_lease_forget_spans(struct remap_map *map, struct remap_lease *lease)
{
	u32 i;

	for (i = 0; i < map->nr_spans; i++)
		if (map->spans[i].lease == lease)
			map->spans[i] = (struct remap_span){};
}

/* Of two entries for one block the newer counts; the older is what it replaced. */
static const char *remap_target_load_slot(struct remap_target *rt, u32 number,
					  struct remap_slot *slot)
{
	u64 sequence;
	u32 loser;

	if (slot->sequence >= U64_MAX / 2)
		return "Lease entry has an impossible sequence";
	rt->sequence = max(rt->sequence, slot->sequence);
	loser = remap_map_replace(&rt->map, number);
	if (!loser)
		return NULL;
	sequence = remap_map_slot(&rt->map, loser)->sequence;
	if (sequence == slot->sequence)
		return "Two entries of a block have one sequence";
	if (sequence > slot->sequence) {
		remap_map_replace(&rt->map, loser);
		loser = number;
	}
	remap_map_lease(&rt->map, loser)->used--;
	remap_slot_retire(rt, loser);
	return NULL;
}

static const char *remap_target_load_lease(struct remap_target *rt, struct remap_lease *lease)
{
	const char *fault = NULL;
	u32 i = 0, end;

	while (i < lease->nr_blocks && !fault) {
		end = min(lease->nr_blocks, i + REMAP_PAGE_ENTRIES);
		spin_lock(&rt->map.lock);
		for (; i < end && !fault; i++)
			if (remap_slot_is_live(&lease->slots[i]))
				fault = remap_target_load_slot(rt, lease->base + i,
							       &lease->slots[i]);
		spin_unlock(&rt->map.lock);
		cond_resched();
	}
	return fault;
}

static void remap_target_adopt(struct remap_target *rt, struct remap_lease *lease)
{
	list_add_tail(&lease->list, &rt->leases);
	rt->nr_leases++;
}

static bool remap_table_is_as_running(const struct remap_table *t)
{
	struct remap_lease *lease;
	u32 i = 0;

	if (t->nr_grants != t->rt->nr_leases)
		return false;
	list_for_each_entry(lease, &t->rt->leases, list)
		if (t->grants[i++].lease != lease)
			return false;
	return true;
}

static int remap_table_check_reload(struct remap_table *t, char **error)
{
	struct remap_target *rt = t->rt;
	struct remap_lease *lease;
	u32 i;

	if (t->generation < rt->generation) {
		*error = "Table generation is lower than the running one";
		return -ESTALE;
	}
	for (i = 0; i < t->nr_grants; i++) {
		if (t->grants[i].fresh && t->grants[i].lease->used) {
			*error = "Lease holds remaps that the running table does not know";
			return -EINVAL;
		}
	}
	if (t->generation == rt->generation && !remap_table_is_as_running(t)) {
		*error = REMAP_NEEDS_GENERATION;
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
	if (!r)
		r = remap_table_plan_spans(t, error);
	if (r)
		return r;
	if (!rt->ti) {
		r = remap_table_check_members(t, error);
		if (r)
			return r;
		remap_table_take_spans(t);
		for (i = 0; i < t->nr_grants; i++) {
			const char *fault = remap_target_load_lease(rt, t->grants[i].lease);

			if (fault) {
				*error = (char *)fault;
				return -EINVAL;
			}
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
		t->rt->main_dev = t->main->bdev->bd_dev;
		list_add(&t->rt->list, &remap_targets);
		t->rt->loading = t;
	}
	t->rt->refs++;
	r = remap_table_take_grants(t, error);
	if (r)
		goto out;
	t->attached = true;
	r = remap_sysfs_add(t);
	if (r)
		*error = "Cannot create the target's entries in sysfs";
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
	kvfree(t->spans);
	remap_sysfs_prune(rt);
	if (!--rt->refs) {
		remap_sysfs_remove(rt);
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

	spin_lock(&rt->map.lock);
	if (t->spans)
		remap_table_take_spans(t);
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
	list_for_each_entry(lease, &gone, list)
		remap_lease_forget_spans(&rt->map, lease);
	spin_unlock(&rt->map.lock);
	list_for_each_entry_safe(lease, next, &gone, list) {
		remap_job_forget(rt, lease);
		remap_lease_clean(rt, lease);
		remap_lease_free(lease);
	}
}

void remap_table_activate(struct remap_table *t, struct dm_target *ti)
{
	struct remap_target *rt = t->rt;
	struct remap_lease *lease;

	mutex_lock(&rt->lock);
	if (rt->table != t)
		remap_table_hand_over(t);
	t->activated = true;
	if (rt->loading == t)
		rt->loading = NULL;
	rt->table = t;
	rt->ti = ti;
	rt->main_bdev = t->main->bdev;
	rt->main_dev = rt->main_bdev->bd_dev;
	rt->main_offset = t->main_offset;
	rt->read_retries = t->read_retries;
	rt->generation = t->generation;
	remap_health_reset(rt, t->fail_limit, t->fail_seconds);
	list_for_each_entry(lease, &rt->leases, list) {
		if (rt->job.lease != lease)
			lease->draining = false;
		if (lease->failed)
			remap_lease_mend(rt, lease);
		else if (lease->generation != rt->generation)
			remap_lease_write_sb(rt, lease);
	}
	remap_check_mode(rt);
	if (rt->changed)
		queue_work(rt->wq, &rt->work);
	mutex_unlock(&rt->lock);
}
