// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scrubber.
 *
 * Latent sector errors come in clusters, so it does not read from one end to
 * the other: it reads the first segment of each region, then the second of
 * each, and meets a cluster early (staggered scrubbing; Oprea and Juels,
 * FAST 2010). While there is other I/O it reads one segment a tick, so that
 * few requests ever queue behind it.
 */
#include <linux/blkdev.h>
#include <linux/ioprio.h>
#include <linux/slab.h>

#include "dm-remap.h"
#include "dm-remap-trace.h"

#define REMAP_SEGMENT_SECTORS	128
#define REMAP_REGION_SEGMENTS	2048
#define REMAP_TICKS_A_SECOND	10

const char *remap_scrub_state_name(enum remap_scrub_state state)
{
	static const char *const names[] = { "none", "running", "paused", "done", "stopped" };

	return names[state];
}

/* The segment whose turn it is, or one beyond the end. */
static u64 remap_staggered(u64 turn, u64 nr_segments)
{
	u64 nr_regions = DIV_ROUND_UP_ULL(nr_segments, REMAP_REGION_SEGMENTS);
	u64 region;
	u64 within = div64_u64_rem(turn, nr_regions, &region);

	return region * REMAP_REGION_SEGMENTS + within;
}

/* Turns until each segment of each region, the last one taken as full, was read. */
static u64 remap_scrub_turns(const struct remap_scrub *scrub)
{
	return DIV_ROUND_UP_ULL(scrub->nr_segments, REMAP_REGION_SEGMENTS) *
	       min_t(u64, scrub->nr_segments, REMAP_REGION_SEGMENTS);
}

static blk_status_t remap_scrub_read(struct remap_target *rt, sector_t sector, u32 sectors)
{
	blk_status_t status;
	struct bio_vec vec;
	struct bio bio;

	bio_init(&bio, rt->main_bdev, &vec, 1, REQ_OP_READ);
	bio.bi_iter.bi_sector = rt->main_offset + sector;
	bio_set_prio(&bio, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
	__bio_add_page(&bio, virt_to_page(rt->scrub.buf), sectors << SECTOR_SHIFT,
		       offset_in_page(rt->scrub.buf));
	submit_bio_wait(&bio);
	status = bio.bi_status;
	bio_uninit(&bio);
	return status;
}

/* A main device that is taken for dead is not read; the next table thaws the scrub. */
static bool remap_scrub_is_running(struct remap_target *rt)
{
	struct remap_table *t = READ_ONCE(rt->table);

	return READ_ONCE(rt->scrub.state) == REMAP_SCRUB_RUNNING && t &&
	       !READ_ONCE(t->suspending) && !READ_ONCE(rt->health.main_failed);
}

/* Block by block, so that it can be held in between. Answers the block that it came to. */
static u64 remap_scrub_examine(struct remap_target *rt, u64 block, u64 last)
{
	for (; block <= last && remap_scrub_is_running(rt); block++) {
		s64 found = remap_examine_wait(rt, block, block);

		if (found < 0)
			break;
		rt->scrub.found += found;
	}
	return block;
}

/* Reads what lives on the main device, around what does not. Answers how far it came. */
static sector_t remap_scrub_main(struct remap_target *rt, sector_t sector, sector_t end)
{
	while (sector < end && remap_scrub_is_running(rt)) {
		u64 first = sector >> rt->block_shift, last = (end - 1) >> rt->block_shift;
		struct remap_special special;
		sector_t upto = end;

		remap_map_look(&rt->map, first, last, &special);
		if (special.block == first) {
			sector = (first + 1) << rt->block_shift;
			continue;
		}
		if (special.block != REMAP_NO_BLOCK) {
			last = special.block - 1;
			upto = special.block << rt->block_shift;
		}
		if (remap_scrub_read(rt, sector, upto - sector)) {
			u64 next = remap_scrub_examine(rt, first, last);

			if (next <= last)
				return max(sector, (sector_t)next << rt->block_shift);
		}
		sector = upto;
	}
	return min(sector, end);
}

/* The next block that lives in a lease. False when there is none. */
static bool remap_scrub_lease(struct remap_target *rt)
{
	struct remap_scrub *scrub = &rt->scrub;
	u64 last = (scrub->first + scrub->sectors - 1) >> rt->block_shift;
	u32 number = 0;
	u64 block = 0;

	spin_lock(&rt->map.lock);
	if (scrub->next_block <= last)
		number = remap_map_find_from(&rt->map, scrub->next_block, last);
	if (number)
		block = remap_slot_block(remap_map_slot(&rt->map, number));
	spin_unlock(&rt->map.lock);
	if (!number)
		return false;
	scrub->next_block = remap_scrub_examine(rt, block, block);
	return true;
}

/* One segment, or as much of what lives in leases. False at the end. */
static bool remap_scrub_step(struct remap_target *rt)
{
	struct remap_scrub *scrub = &rt->scrub;
	u64 turns = remap_scrub_turns(scrub), segment;
	unsigned int i;

	for (; scrub->segment < turns; scrub->segment++) {
		sector_t begin, end;

		segment = remap_staggered(scrub->segment, scrub->nr_segments);
		if (segment >= scrub->nr_segments)
			continue;
		begin = scrub->first + segment * REMAP_SEGMENT_SECTORS;
		end = min_t(sector_t, begin + REMAP_SEGMENT_SECTORS,
			    scrub->first + scrub->sectors);
		scrub->within = remap_scrub_main(rt, begin + scrub->within, end) - begin;
		if (begin + scrub->within == end) {
			scrub->segment++;
			scrub->within = 0;
			trace_dm_remap_scrub(rt, begin, scrub->found);
		}
		return true;
	}
	for (i = 0; i < REMAP_SEGMENT_SECTORS; i += rt->block_sectors)
		if (!remap_scrub_lease(rt))
			return false;
	return true;
}

static void remap_scrub_schedule(struct remap_target *rt)
{
	queue_delayed_work(system_unbound_wq, &rt->scrub.work, HZ / REMAP_TICKS_A_SECOND);
}

static int remap_scrub_change(struct remap_target *rt, enum remap_scrub_state from,
			      enum remap_scrub_state to)
{
	int r = -ENOENT;

	mutex_lock(&rt->lock);
	if (rt->scrub.state == from) {
		WRITE_ONCE(rt->scrub.state, to);
		r = 0;
	}
	mutex_unlock(&rt->lock);
	return r;
}

static void remap_scrub_tick(struct work_struct *work)
{
	struct remap_scrub *scrub = container_of(work, struct remap_scrub, work.work);
	struct remap_target *rt = container_of(scrub, struct remap_target, scrub);
	u32 segments = max(1U, scrub->rate / (REMAP_SEGMENT_SECTORS / 2) / REMAP_TICKS_A_SECOND);
	unsigned long seen = remap_readers_count(&rt->readers);

	if (seen != scrub->seen)
		segments = 1;
	scrub->seen = seen;
	while (segments-- && remap_scrub_is_running(rt)) {
		if (remap_scrub_step(rt))
			continue;
		if (!remap_scrub_change(rt, REMAP_SCRUB_RUNNING, REMAP_SCRUB_DONE))
			remap_event(rt);
		return; /* from here on another may be started */
	}
	if (remap_scrub_is_running(rt))
		remap_scrub_schedule(rt);
}

int remap_scrub_init(struct remap_target *rt)
{
	mutex_init(&rt->scrub.control);
	INIT_DELAYED_WORK(&rt->scrub.work, remap_scrub_tick);
	rt->scrub.buf = kmalloc(REMAP_SEGMENT_SECTORS << SECTOR_SHIFT, GFP_KERNEL);
	return rt->scrub.buf ? 0 : -ENOMEM;
}

void remap_scrub_destroy(struct remap_target *rt)
{
	if (rt->scrub.buf)
		cancel_delayed_work_sync(&rt->scrub.work);
	kfree(rt->scrub.buf);
}

int remap_scrub_start(struct remap_target *rt, sector_t first, sector_t sectors, u32 rate)
{
	struct remap_scrub *scrub = &rt->scrub;
	int r = -EBUSY;

	mutex_lock(&scrub->control);
	mutex_lock(&rt->lock);
	if (scrub->state != REMAP_SCRUB_RUNNING && scrub->state != REMAP_SCRUB_PAUSED) {
		scrub->first = first;
		scrub->sectors = sectors;
		scrub->rate = rate;
		scrub->segment = 0;
		scrub->within = 0;
		scrub->nr_segments = DIV_ROUND_UP_SECTOR_T(sectors, REMAP_SEGMENT_SECTORS);
		scrub->next_block = first >> rt->block_shift;
		scrub->found = 0;
		WRITE_ONCE(scrub->state, REMAP_SCRUB_RUNNING);
		remap_scrub_schedule(rt);
		r = 0;
	}
	mutex_unlock(&rt->lock);
	mutex_unlock(&scrub->control);
	return r;
}

int remap_scrub_pause(struct remap_target *rt)
{
	return remap_scrub_change(rt, REMAP_SCRUB_RUNNING, REMAP_SCRUB_PAUSED);
}

int remap_scrub_resume(struct remap_target *rt)
{
	int r = remap_scrub_change(rt, REMAP_SCRUB_PAUSED, REMAP_SCRUB_RUNNING);

	if (!r)
		remap_scrub_schedule(rt);
	return r;
}

/* Without rt->lock, for which the tick may wait. */
int remap_scrub_stop(struct remap_target *rt)
{
	int r;

	mutex_lock(&rt->scrub.control);
	r = remap_scrub_change(rt, REMAP_SCRUB_RUNNING, REMAP_SCRUB_STOPPED);
	if (r)
		r = remap_scrub_change(rt, REMAP_SCRUB_PAUSED, REMAP_SCRUB_STOPPED);
	if (!r)
		cancel_delayed_work_sync(&rt->scrub.work);
	mutex_unlock(&rt->scrub.control);
	return r;
}

void remap_scrub_freeze(struct remap_target *rt)
{
	cancel_delayed_work_sync(&rt->scrub.work);
}

void remap_scrub_thaw(struct remap_target *rt)
{
	if (rt->scrub.state == REMAP_SCRUB_RUNNING)
		remap_scrub_schedule(rt);
}
