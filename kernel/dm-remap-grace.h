/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grace periods while tables are swapped. Device-mapper waits three times for
 * its readers, with I/O held back, and an ordinary grace period takes ticks
 * of the clock; an expedited one does not.
 */
#ifndef DM_REMAP_GRACE_H
#define DM_REMAP_GRACE_H

#include <linux/workqueue.h>

struct remap_grace {
	unsigned long flags;
	struct delayed_work limit;
};

/* For the module as a whole: before any other, and after all others. */
void remap_grace_prepare(void);
void remap_grace_dispose(void);

void remap_grace_init(struct remap_grace *grace);

/* From here on they are expedited, until the end or for a second. Does not sleep. */
void remap_grace_begin(struct remap_grace *grace);

/* Also without a begin. Sleeps. */
void remap_grace_end(struct remap_grace *grace);

#endif
