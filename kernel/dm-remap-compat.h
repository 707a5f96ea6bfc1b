/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that differs between kernels. What one has is asked by configure.sh, not
 * told by its version.
 */
#ifndef DM_REMAP_COMPAT_H
#define DM_REMAP_COMPAT_H

#include <linux/blkdev.h>
#include <linux/minmax.h>

#include "dm-remap-config.h"

/*
 * Write-zeroes that unmap have a limit of their own, which a kernel that knows
 * it refuses unless it is zero or that of all write-zeroes.
 */
static inline void remap_limit_zeroes(struct queue_limits *limits, unsigned int sectors)
{
	limits->max_write_zeroes_sectors = min(limits->max_write_zeroes_sectors, sectors);
#ifdef REMAP_HAS_WZEROES_UNMAP
	limits->max_hw_wzeroes_unmap_sectors =
		min(limits->max_hw_wzeroes_unmap_sectors, limits->max_write_zeroes_sectors);
#endif
}

/*
 * Exported, but in no public header. A kernel for a single CPU has neither,
 * and no grace periods that are worth expediting: ask with symbol_get.
 */
void rcu_expedite_gp(void);
void rcu_unexpedite_gp(void);

#endif
