/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Long commands that the worker does a batch at a time, between failed I/O.
 */
#ifndef DM_REMAP_JOBS_H
#define DM_REMAP_JOBS_H

#include <linux/types.h>

struct remap_target;
struct remap_lease;

enum remap_job_kind {
	REMAP_JOB_NONE,
	REMAP_JOB_RELEASE,	/* copy back to the main device, and unmap */
	REMAP_JOB_EVACUATE,	/* move all that lives in a lease to others */
	REMAP_JOB_MIGRATE,	/* move what lives elsewhere to one lease */
};

enum remap_job_state {
	REMAP_JOB_RUNNING,
	REMAP_JOB_DONE,
	REMAP_JOB_CANCELLED,
};

struct remap_job {
	enum remap_job_kind kind;
	enum remap_job_state state;
	struct remap_lease *lease;
	u64 next;		/* block, or slot of the lease to evacuate */
	u64 last;
	u64 done;
	u64 failed;		/* blocks that stayed where they were */
	u64 total;
};

/*
 * Starts a job; the ranges are in blocks. 0 or -errno: -EBUSY while another
 * one runs, -ENOSPC when there are blocks to move and no lease takes any.
 */
int remap_job_release(struct remap_target *rt, u64 first, u64 last);
int remap_job_evacuate(struct remap_target *rt, struct remap_lease *lease);
int remap_job_migrate(struct remap_target *rt, u64 first, u64 last, struct remap_lease *lease);
int remap_job_cancel(struct remap_target *rt);

/* Worker only: the next batch. False when there is nothing to do. */
bool remap_job_step(struct remap_target *rt);

/* A lease is about to leave the table. */
void remap_job_forget(struct remap_target *rt, struct remap_lease *lease);

const char *remap_job_name(const struct remap_job *job);
const char *remap_job_state_name(const struct remap_job *job);

#endif
