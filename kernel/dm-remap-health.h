/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bad sector or a dead device, and what is still possible.
 */
#ifndef DM_REMAP_HEALTH_H
#define DM_REMAP_HEALTH_H

#include <linux/types.h>

struct remap_target;
struct remap_lease;

/* Each is worse than the one before. */
enum remap_mode {
	REMAP_MODE_RW,
	REMAP_MODE_NOSPACE,	/* no lease has a free block: write errors go up */
	REMAP_MODE_READONLY,	/* no lease's metadata can be written: the same */
	REMAP_MODE_FAILED,	/* the main device is taken for dead: all its errors go up */
};

struct remap_health {
	bool main_failed;
	unsigned long answered;		/* jiffies when the main device last did */
	unsigned int probes;
	u32 limit;			/* remaps in limit_seconds, or 0: no limit */
	u32 limit_seconds;
	u32 counted;
	unsigned long counted_since;	/* jiffies */
};

const char *remap_mode_name(enum remap_mode mode);

/* After anything that the mode may depend on. */
void remap_check_mode(struct remap_target *rt);

/*
 * Worker only. False when the main device answers nowhere, or fails more
 * often than the table allows: it is failed from then on, until a table is
 * resumed. Called before blocks are moved for its errors, and with 0 before one
 * becomes pending. Reads the device in up to eight places, not more often than
 * once a second as long as it answers.
 */
bool remap_main_is_worth_it(struct remap_target *rt, unsigned int blocks);

/* Whether a spare device that failed a write answers at all. Reads its superblock. */
bool remap_lease_answers(struct remap_target *rt, struct remap_lease *lease);

/* A new table gives the main device another chance. */
void remap_health_reset(struct remap_target *rt, u32 limit, u32 limit_seconds);

#endif
