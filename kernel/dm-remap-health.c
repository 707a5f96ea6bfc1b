// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bad sector or a dead device, and what is still possible.
 *
 * A cable that is pulled and a sector that is bad both come as plain I/O
 * errors. A device that still answers elsewhere has a bad sector; one that
 * answers nowhere must not eat up the leases.
 */
#include <linux/blkdev.h>
#include <linux/jiffies.h>

#include "dm-remap.h"
#include "dm-remap-trace.h"

#define REMAP_PROBES 8

const char *remap_mode_name(enum remap_mode mode)
{
	static const char *const names[] = { "rw", "nospace", "readonly", "failed" };

	return names[mode];
}

static bool remap_metadata_is_lost(struct remap_target *rt)
{
	struct remap_lease *lease;

	list_for_each_entry(lease, &rt->leases, list)
		if (!lease->failed)
			return false;
	return rt->nr_leases;
}

void remap_check_mode(struct remap_target *rt)
{
	enum remap_mode mode = REMAP_MODE_RW;

	if (!remap_lease_any_but(rt, NULL))
		mode = REMAP_MODE_NOSPACE;
	if (remap_metadata_is_lost(rt))
		mode = REMAP_MODE_READONLY;
	if (rt->health.main_failed)
		mode = REMAP_MODE_FAILED;
	if (mode == rt->mode)
		return;
	DMWARN_LIMIT("target %pUb: %s -> %s", &rt->uuid, remap_mode_name(rt->mode),
		     remap_mode_name(mode));
	trace_dm_remap_mode(rt, rt->mode, mode);
	rt->mode = mode;
	rt->changed = true;
}

static void remap_main_fail(struct remap_target *rt, const char *why)
{
	DMERR_LIMIT("target %pUb: main device is taken for failed: it %s", &rt->uuid, why);
	WRITE_ONCE(rt->health.main_failed, true);
	remap_check_mode(rt);
}

/* Reads in places that are far from each other, until one can be read. */
static bool remap_main_answers(struct remap_target *rt)
{
	struct remap_health *health = &rt->health;
	unsigned int i;

	if (time_before(jiffies, health->answered + HZ))
		return true;
	for (i = 0; i < REMAP_PROBES; i++) {
		u64 block = div_u64(rt->nr_blocks * (health->probes++ % 31), 31);

		if (!remap_block_io(rt, 0, block, 0, remap_block_len(rt, block), rt->block_buf,
				    REQ_OP_READ)) {
			health->answered = jiffies;
			return true;
		}
	}
	return false;
}

static bool remap_main_is_too_fast(struct remap_target *rt, unsigned int blocks)
{
	struct remap_health *health = &rt->health;

	if (!health->limit)
		return false;
	if (time_after(jiffies, health->counted_since + health->limit_seconds * HZ)) {
		health->counted_since = jiffies;
		health->counted = 0;
	}
	health->counted += blocks;
	return health->counted > health->limit;
}

bool remap_main_is_worth_it(struct remap_target *rt, unsigned int blocks)
{
	if (rt->health.main_failed)
		return false;
	if (!remap_main_answers(rt))
		remap_main_fail(rt, "answers nowhere");
	else if (remap_main_is_too_fast(rt, blocks))
		remap_main_fail(rt, "fails faster than the table allows");
	return !rt->health.main_failed;
}

bool remap_lease_answers(struct remap_target *rt, struct remap_lease *lease)
{
	return !remap_sync_io(lease->bdev, lease->offset, rt->meta_buf, REMAP_META_BYTES,
			      REQ_OP_READ);
}

void remap_health_reset(struct remap_target *rt, u32 limit, u32 limit_seconds)
{
	struct remap_health *health = &rt->health;

	WRITE_ONCE(health->main_failed, false);
	health->answered = jiffies - HZ;
	health->limit = limit;
	health->limit_seconds = limit_seconds;
	health->counted = 0;
	health->counted_since = jiffies;
}
