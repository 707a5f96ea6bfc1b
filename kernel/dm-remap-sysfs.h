/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /sys/kernel/dm_remap: totals, a directory for each target, and in it one for
 * each lease. One value a file.
 */
#ifndef DM_REMAP_SYSFS_H
#define DM_REMAP_SYSFS_H

struct remap_table;
struct remap_target;
struct target_type;

int remap_sysfs_init(const struct target_type *type);
void remap_sysfs_exit(void);

/*
 * Called by one table at a time, with rt->lock not held: removal waits for
 * those who read. Never while the target is suspended: what is needed may be
 * held by someone who waits for memory, and that for the target.
 */

/* Directories for the table's target and leases, where there are none. 0 or -errno. */
int remap_sysfs_add(struct remap_table *t);

/* Removes those of leases that no table grants any more. */
void remap_sysfs_prune(struct remap_target *rt);

/* Nobody reads the target once it returns, whatever files are open. */
void remap_sysfs_remove(struct remap_target *rt);

/* Sets the target's counters to zero; the totals stay. */
void remap_sysfs_reset(struct remap_target *rt);

#endif
