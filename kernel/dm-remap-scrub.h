/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scrubber: reads the main device, then what lives in leases, to find bad
 * sectors before they are needed.
 */
#ifndef DM_REMAP_SCRUB_H
#define DM_REMAP_SCRUB_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct remap_target;

#define REMAP_SCRUB_RATE	8192	/* KiB/s while there is no other I/O */
#define REMAP_SCRUB_MAX_RATE	(1U << 22)

enum remap_scrub_state {
	REMAP_SCRUB_NONE,
	REMAP_SCRUB_RUNNING,
	REMAP_SCRUB_PAUSED,
	REMAP_SCRUB_DONE,
	REMAP_SCRUB_STOPPED,
};

struct remap_scrub {
	enum remap_scrub_state state;
	struct delayed_work work;
	struct mutex control;	/* none is started while one is being stopped */
	void *buf;
	sector_t first;		/* of the range, in sectors of the target */
	sector_t sectors;
	u32 rate;		/* KiB/s */
	u64 segment;		/* of the main device, in the order they are read */
	sector_t within;	/* read of that segment already */
	u64 nr_segments;
	u64 next_block;		/* of what lives in leases, after the main device */
	u64 found;		/* blocks that failed, or read only after retries */
	unsigned long seen;	/* readers so far: other I/O if it changes */
};

int remap_scrub_init(struct remap_target *rt);
void remap_scrub_destroy(struct remap_target *rt);

/*
 * 0 or -errno: -EBUSY when one is running or paused, -ENOENT when there is none.
 * Once it is stopped it reads nothing any more.
 */
int remap_scrub_start(struct remap_target *rt, sector_t first, sector_t sectors, u32 rate);
int remap_scrub_pause(struct remap_target *rt);
int remap_scrub_resume(struct remap_target *rt);
int remap_scrub_stop(struct remap_target *rt);

/* A suspended target is not read; the position stays. */
void remap_scrub_freeze(struct remap_target *rt);
void remap_scrub_thaw(struct remap_target *rt);

const char *remap_scrub_state_name(enum remap_scrub_state state);

#endif
