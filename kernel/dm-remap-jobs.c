// SPDX-License-Identifier: GPL-2.0-only
/*
 * Long commands: release, evacuate, migrate.
 */
#include <linux/bitmap.h>
#include <linux/blkdev.h>

#include "dm-remap.h"
#include "dm-remap-trace.h"

/* The next block at or after job->next that the job is about, or REMAP_NO_BLOCK. */
static u64 remap_job_next(struct remap_target *rt, const struct remap_job *job, u64 *next)
{
	u32 number;

	if (job->kind == REMAP_JOB_EVACUATE) {
		for (; *next <= job->last; (*next)++) {
			struct remap_slot *slot = &job->lease->slots[*next];

			number = job->lease->base + *next;
			if (remap_slot_is_live(slot) &&
			    remap_map_find(&rt->map, remap_slot_block(slot)) == number) {
				(*next)++;
				return remap_slot_block(slot);
			}
		}
		return REMAP_NO_BLOCK;
	}
	while (*next <= job->last) {
		u64 block;

		number = remap_map_find_from(&rt->map, *next, job->last);
		if (!number)
			break;
		block = remap_slot_block(remap_map_slot(&rt->map, number));
		*next = block + 1;
		if (job->kind != REMAP_JOB_MIGRATE ||
		    remap_map_lease(&rt->map, number) != job->lease)
			return block;
	}
	*next = job->last + 1;
	return REMAP_NO_BLOCK;
}

/* Whether one of the leases that the job may move blocks to takes any. */
static bool remap_job_has_room(struct remap_target *rt, const struct remap_job *job)
{
	if (job->kind == REMAP_JOB_RELEASE)
		return true;
	if (job->kind == REMAP_JOB_MIGRATE)
		return remap_lease_takes_blocks(job->lease);
	return remap_lease_any_but(rt, job->lease);
}

/* The worker does nothing meanwhile, so the count is right. */
static int remap_job_prepare(struct remap_target *rt, struct remap_job *job)
{
	u64 next = job->next;

	if (rt->job.kind && rt->job.state == REMAP_JOB_RUNNING)
		return -EBUSY;
	while (remap_job_next(rt, job, &next) != REMAP_NO_BLOCK) {
		job->total++;
		cond_resched();
	}
	return !job->total || remap_job_has_room(rt, job) ? 0 : -ENOSPC;
}

static int remap_job_start(struct remap_target *rt, struct remap_job *job)
{
	int r;

	mutex_lock(&rt->lock);
	r = remap_job_prepare(rt, job);
	if (!r) {
		spin_lock(&rt->map.lock);
		rt->job = *job;
		spin_unlock(&rt->map.lock);
		if (job->kind == REMAP_JOB_EVACUATE)
			job->lease->draining = true;
		remap_check_mode(rt);
		queue_work(rt->wq, &rt->work);
	}
	mutex_unlock(&rt->lock);
	return r;
}

int remap_job_release(struct remap_target *rt, u64 first, u64 last)
{
	struct remap_job job = { .kind = REMAP_JOB_RELEASE, .next = first, .last = last };

	return remap_job_start(rt, &job);
}

int remap_job_evacuate(struct remap_target *rt, struct remap_lease *lease)
{
	struct remap_job job = {
		.kind = REMAP_JOB_EVACUATE,
		.lease = lease,
		.last = lease->nr_blocks - 1,
	};

	return remap_job_start(rt, &job);
}

int remap_job_migrate(struct remap_target *rt, u64 first, u64 last, struct remap_lease *lease)
{
	struct remap_job job = {
		.kind = REMAP_JOB_MIGRATE,
		.lease = lease,
		.next = first,
		.last = last,
	};

	return remap_job_start(rt, &job);
}

static void remap_job_end(struct remap_target *rt, enum remap_job_state state)
{
	rt->job.state = state;
	if (state == REMAP_JOB_CANCELLED && rt->job.kind == REMAP_JOB_EVACUATE)
		rt->job.lease->draining = false;
	rt->job.lease = NULL;
	rt->changed = true;
	remap_check_mode(rt);
}

int remap_job_cancel(struct remap_target *rt)
{
	int r = -ENOENT;

	mutex_lock(&rt->lock);
	if (rt->job.kind && rt->job.state == REMAP_JOB_RUNNING) {
		remap_job_end(rt, REMAP_JOB_CANCELLED);
		queue_work(rt->wq, &rt->work);
		r = 0;
	}
	mutex_unlock(&rt->lock);
	return r;
}

void remap_job_forget(struct remap_target *rt, struct remap_lease *lease)
{
	if (rt->job.lease == lease)
		remap_job_end(rt, REMAP_JOB_CANCELLED);
}

/* The main device holds the block's data, durably, and gives it back. */
static blk_status_t remap_copy_back(struct remap_target *rt, u32 number, u64 block)
{
	struct remap_move *move = &rt->moves[0];
	u32 len = remap_block_len(rt, block);
	blk_status_t status;

	status = remap_block_io(rt, number, block, 0, len, move->data, REQ_OP_READ);
	if (status)
		remap_read_failed(rt, number, block);
	else
		status = remap_block_io(rt, 0, block, 0, len, move->data,
					REQ_OP_WRITE | REQ_SYNC | REQ_FUA);
	if (!status)
		status = remap_block_io(rt, 0, block, 0, len, rt->block_buf, REQ_OP_READ);
	if (!status && memcmp(rt->block_buf, move->data, len << SECTOR_SHIFT))
		status = BLK_STS_MEDIUM;
	return status;
}

/*
 * A released block must not be found in a lease again. When the commit fails
 * that cannot be excluded: the block stays mapped, and its next write goes to
 * another slot.
 */
static blk_status_t remap_release_slot(struct remap_target *rt, u32 number, u64 block)
{
	struct remap_lease *lease = remap_map_lease(&rt->map, number);
	u32 page = remap_slot_page(lease, number);
	blk_status_t status;

	remap_slot_mark(rt, number, REMAP_RELEASING);
	status = remap_lease_commit_page(rt, lease, page);
	if (status) {
		remap_slot_mark(rt, number, REMAP_UNSURE_ENTRY);
		remap_lease_write_sb(rt, lease);
		return status;
	}
	spin_lock(&rt->map.lock);
	remap_map_remove(&rt->map, block);
	lease->used--;
	remap_slot_free(rt, number);
	spin_unlock(&rt->map.lock);
	__clear_bit(page, lease->stale); /* it says so already */
	return BLK_STS_OK;
}

static blk_status_t remap_release(struct remap_target *rt, u64 block)
{
	u32 number = remap_map_find(&rt->map, block);
	struct remap_slot *slot = remap_map_slot(&rt->map, number);
	u64 all = remap_mask(0, remap_block_len(rt, block));
	blk_status_t status;

	/* The main device could not tell which sectors are to stay errors. */
	if (slot->valid != all || slot->place != block)
		return BLK_STS_MEDIUM;
	remap_map_hold(&rt->map, &block, 1);
	remap_readers_wait(&rt->readers);
	status = remap_copy_back(rt, number, block);
	if (!status)
		status = remap_release_slot(rt, number, block);
	trace_dm_remap_move(rt, block, number, 0, status);
	if (!status && remap_pending_clear(&rt->map, block))
		rt->changed = true;
	remap_map_unhold(&rt->map);
	return status;
}

/*
 * Until one lease says so on disk, a crash brings back the table before this
 * one, with leases that have left since and may name what is released.
 */
static bool remap_table_is_recorded(struct remap_target *rt)
{
	struct remap_lease *lease;

	list_for_each_entry(lease, &rt->leases, list)
		if (lease->generation == rt->generation)
			return true;
	return false;
}

static bool remap_leases_are_clean(struct remap_target *rt)
{
	struct remap_lease *lease;

	list_for_each_entry(lease, &rt->leases, list)
		if (!bitmap_empty(lease->stale, lease->nr_pages))
			return false;
	return true;
}

/*
 * Entries on disk that name moved blocks would count again without the newer
 * one. A page that is written makes the blocks in it sure, and so may leave
 * others behind in pages that were clean.
 */
static blk_status_t remap_clean_leases(struct remap_target *rt)
{
	blk_status_t status = remap_table_is_recorded(rt) ? BLK_STS_OK : BLK_STS_IOERR;
	struct remap_lease *lease;

	while (!status && !remap_leases_are_clean(rt)) {
		list_for_each_entry(lease, &rt->leases, list)
			if (!status)
				status = remap_lease_clean(rt, lease);
	}
	return status;
}

static void remap_job_release_step(struct remap_target *rt)
{
	struct remap_job *job = &rt->job;
	unsigned int i;

	for (i = 0; i < REMAP_BATCH; i++) {
		u64 block = remap_job_next(rt, job, &job->next);

		if (block == REMAP_NO_BLOCK)
			break;
		if (!remap_clean_leases(rt) && !remap_release(rt, block))
			job->done++;
		else
			job->failed++;
	}
}

static void remap_job_move_step(struct remap_target *rt)
{
	struct remap_job *job = &rt->job;
	unsigned int i;

	while (rt->nr_moves < REMAP_BATCH) {
		u64 block = remap_job_next(rt, job, &job->next);
		struct remap_move *move;

		if (block == REMAP_NO_BLOCK)
			break;
		move = remap_move_add(rt, block);
		move->whole = true;
		move->source_is_good = true;
	}
	if (job->kind == REMAP_JOB_MIGRATE)
		rt->destination = job->lease;
	remap_moves_run(rt);
	rt->destination = NULL;
	for (i = 0; i < rt->nr_moves; i++) {
		if (rt->moves[i].status)
			job->failed++;
		else
			job->done++;
	}
	rt->nr_moves = 0;
}

bool remap_job_step(struct remap_target *rt)
{
	struct remap_job *job = &rt->job;

	if (!job->kind || job->state != REMAP_JOB_RUNNING || !rt->table ||
	    READ_ONCE(rt->table->suspending))
		return false;
	if (job->kind == REMAP_JOB_RELEASE)
		remap_job_release_step(rt);
	else
		remap_job_move_step(rt);
	if (job->next <= job->last)
		return true;
	if (job->kind == REMAP_JOB_EVACUATE)
		remap_lease_clean(rt, job->lease);
	remap_job_end(rt, REMAP_JOB_DONE);
	return true;
}

const char *remap_job_name(const struct remap_job *job)
{
	static const char *const names[] = { "none", "release", "evacuate", "migrate" };

	return names[job->kind];
}

const char *remap_job_state_name(const struct remap_job *job)
{
	static const char *const names[] = { "running", "done", "cancelled" };

	return names[job->state];
}
