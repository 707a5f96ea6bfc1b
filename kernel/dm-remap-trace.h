/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints. All are in the worker, the scrubber or a table's activation;
 * I/O to healthy blocks passes none.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM dm_remap

#if !defined(DM_REMAP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define DM_REMAP_TRACE_H

#include <linux/blkdev.h>
#include <linux/tracepoint.h>

#include "dm-remap.h"

#ifndef DM_REMAP_TRACE_ONCE
#define DM_REMAP_TRACE_ONCE

#define REMAP_TRACE_SUPERBLOCK	(-1)	/* in place of a page */

static inline dev_t remap_trace_dev(const struct remap_target *rt)
{
	return disk_devt(dm_disk(rt->md));
}

static inline const struct remap_lease *remap_trace_lease(const struct remap_target *rt, u32 number)
{
	return number ? remap_map_lease(&rt->map, number) : NULL;
}

static inline dev_t remap_trace_place_dev(const struct remap_target *rt, u32 number)
{
	return number ? remap_trace_lease(rt, number)->dev : rt->main_dev;
}

/* Block of the lease, or of the main device. */
static inline u64 remap_trace_place_block(const struct remap_target *rt, u32 number, u64 block)
{
	return number ? number - remap_trace_lease(rt, number)->base : block;
}

#endif

TRACE_DEFINE_ENUM(REMAP_MODE_RW);
TRACE_DEFINE_ENUM(REMAP_MODE_NOSPACE);
TRACE_DEFINE_ENUM(REMAP_MODE_READONLY);
TRACE_DEFINE_ENUM(REMAP_MODE_FAILED);

#define remap_trace_mode(mode)						\
	__print_symbolic(mode,						\
			 { REMAP_MODE_RW,	"rw" },			\
			 { REMAP_MODE_NOSPACE,	"nospace" },		\
			 { REMAP_MODE_READONLY,	"readonly" },		\
			 { REMAP_MODE_FAILED,	"failed" })

/* The worker's I/O to a block failed on the main device (number 0) or in a lease. */
TRACE_EVENT(dm_remap_error,
	TP_PROTO(const struct remap_target *rt, u32 number, u64 block, blk_opf_t opf,
		 blk_status_t status),
	TP_ARGS(rt, number, block, opf, status),
	TP_STRUCT__entry(
		__field(dev_t, target)
		__field(dev_t, dev)
		__field(u64, block)
		__field(bool, write)
		__field(bool, lease)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->target = remap_trace_dev(rt);
		__entry->dev = remap_trace_place_dev(rt, number);
		__entry->block = block;
		__entry->write = op_is_write(opf);
		__entry->lease = number;
		__entry->error = blk_status_to_errno(status);
	),
	TP_printk("target %d:%d block %llu: %s of %s %d:%d error %d",
		  MAJOR(__entry->target), MINOR(__entry->target), __entry->block,
		  __entry->write ? "write" : "read", __entry->lease ? "lease on" : "main",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->error)
);

/* A block moved, or was to move: 0 stands for the main device, and for nowhere if it failed. */
TRACE_EVENT(dm_remap_move,
	TP_PROTO(const struct remap_target *rt, u64 block, u32 from, u32 to, blk_status_t status),
	TP_ARGS(rt, block, from, to, status),
	TP_STRUCT__entry(
		__field(dev_t, target)
		__field(u64, block)
		__field(dev_t, from_dev)
		__field(u64, from_block)
		__field(dev_t, to_dev)
		__field(u64, to_block)
		__array(u8, to_lease, 16)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->target = remap_trace_dev(rt);
		__entry->block = block;
		__entry->from_dev = remap_trace_place_dev(rt, from);
		__entry->from_block = remap_trace_place_block(rt, from, block);
		__entry->to_dev = status ? 0 : remap_trace_place_dev(rt, to);
		__entry->to_block = status ? 0 : remap_trace_place_block(rt, to, block);
		if (to && !status)
			memcpy(__entry->to_lease, &remap_trace_lease(rt, to)->uuid, 16);
		else
			memset(__entry->to_lease, 0, 16);
		__entry->error = blk_status_to_errno(status);
	),
	TP_printk("target %d:%d block %llu: from %d:%d block %llu to %d:%d lease %pUb block %llu error %d",
		  MAJOR(__entry->target), MINOR(__entry->target), __entry->block,
		  MAJOR(__entry->from_dev), MINOR(__entry->from_dev), __entry->from_block,
		  MAJOR(__entry->to_dev), MINOR(__entry->to_dev), __entry->to_lease,
		  __entry->to_block, __entry->error)
);

/* An entry page or a superblock was written. */
TRACE_EVENT(dm_remap_commit,
	TP_PROTO(const struct remap_target *rt, const struct remap_lease *lease, s64 page,
		 u64 sequence, blk_status_t status),
	TP_ARGS(rt, lease, page, sequence, status),
	TP_STRUCT__entry(
		__field(dev_t, target)
		__array(u8, lease, 16)
		__field(s64, page)
		__field(u64, sequence)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->target = remap_trace_dev(rt);
		memcpy(__entry->lease, &lease->uuid, 16);
		__entry->page = page;
		__entry->sequence = sequence;
		__entry->error = blk_status_to_errno(status);
	),
	TP_printk("target %d:%d lease %pUb page %lld sequence %llu error %d",
		  MAJOR(__entry->target), MINOR(__entry->target), __entry->lease,
		  __entry->page, __entry->sequence, __entry->error)
);

/* A segment was read. */
TRACE_EVENT(dm_remap_scrub,
	TP_PROTO(const struct remap_target *rt, u64 sector, u64 found),
	TP_ARGS(rt, sector, found),
	TP_STRUCT__entry(
		__field(dev_t, target)
		__field(u64, sector)
		__field(u64, found)
	),
	TP_fast_assign(
		__entry->target = remap_trace_dev(rt);
		__entry->sector = sector;
		__entry->found = found;
	),
	TP_printk("target %d:%d sector %llu: %llu found so far",
		  MAJOR(__entry->target), MINOR(__entry->target), __entry->sector, __entry->found)
);

TRACE_EVENT(dm_remap_mode,
	TP_PROTO(const struct remap_target *rt, enum remap_mode from, enum remap_mode to),
	TP_ARGS(rt, from, to),
	TP_STRUCT__entry(
		__field(dev_t, target)
		__field(int, from)
		__field(int, to)
	),
	TP_fast_assign(
		__entry->target = remap_trace_dev(rt);
		__entry->from = from;
		__entry->to = to;
	),
	TP_printk("target %d:%d: %s -> %s", MAJOR(__entry->target), MINOR(__entry->target),
		  remap_trace_mode(__entry->from), remap_trace_mode(__entry->to))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE dm-remap-trace
#include <trace/define_trace.h>
