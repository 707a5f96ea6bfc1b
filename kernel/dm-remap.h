/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-remap: moves failing blocks of a main device to leases on spare devices.
 *
 * A struct remap_target lives as long as any table of its mapped device does,
 * so that a table reload takes the map over in memory. A struct remap_table is
 * one table line. All changes to the map are made by one worker per target,
 * which may sleep and do I/O; the I/O path only looks things up.
 */
#ifndef DM_REMAP_H
#define DM_REMAP_H

#include <linux/bio.h>
#include <linux/completion.h>
#include <linux/device-mapper.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/uuid.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "dm-remap-disk.h"

#define DM_MSG_PREFIX "remap"

#define REMAP_NO_BLOCK		(~0ULL)
#define REMAP_REGION_SHIFT	8	/* blocks in a region of the filter */
#define REMAP_MAX_BLOCK_SECTORS	64
#define REMAP_MAX_PENDING	65536

enum remap_slot_state {
	REMAP_SLOT_FREE,
	REMAP_SLOT_LIVE,
	REMAP_SLOT_RETIRED,
};

/* One block of a lease. Allocated with the lease, so a remap needs no memory. */
struct remap_slot {
	struct rb_node node;	/* in remap_target.map while live */
	u64 main_block;
	u64 sequence;
	u64 valid;		/* bit s: sector s holds data */
	struct remap_lease *lease;
	u8 state;
	bool unsure;		/* its commit failed: may or may not be on disk */
	struct remap_slot *behind; /* while unsure: what is surely on disk, or NULL */
};

struct remap_lease {
	struct list_head list;
	struct block_device *bdev;
	dev_t dev;
	sector_t offset;
	sector_t length;
	uuid_t uuid;

	sector_t data_start;	/* relative to offset */
	u32 nr_blocks;
	u32 nr_pages;
	struct remap_slot *slots;
	u64 *page_sequence;	/* current; its slot is remap_copy_of(sequence) */

	u64 generation;		/* as in the superblock on disk */
	u64 sb_sequence;
	u32 disk_members;
	u8 (*members)[16];	/* as on disk when the lease was opened */
	u8 label[REMAP_LABEL_BYTES]; /* user space's, kept as it is */

	u32 used;
	u32 retired;
	u32 errors;
	u32 hint;		/* where to look for a free slot */
	bool failed;		/* metadata cannot be written */
	int leaving;		/* inactive tables that leave it out */
};

/* Readers of the map that the worker may have to wait for. */
struct remap_inflight {
	unsigned long entered[2];
	unsigned long left[2];
};

struct remap_target {
	struct list_head list;
	int refs;
	struct mapped_device *md;
	uuid_t uuid;
	sector_t main_sectors;
	u32 block_sectors;
	u32 block_shift;	/* sectors to blocks */
	u64 nr_blocks;

	/*
	 * Set while suspended (preresume) and read by the worker: what the live
	 * table says.
	 */
	struct remap_table *table;
	struct dm_target *ti;
	struct remap_table *loading; /* the one table that is not live yet */
	struct block_device *main_bdev;
	sector_t main_offset;
	u32 read_retries;
	u64 generation;

	rwlock_t map_lock;	/* map, leases, counts below; writers: worker, preresume */
	struct rb_root map;
	struct list_head leases;
	u32 nr_leases;
	u64 used;
	bool nospace;

	unsigned long *regions;	/* a set bit: look closer */
	struct xarray pending;
	atomic_t nr_pending;
	u64 busy_block;

	struct remap_inflight __percpu *inflight;
	int epoch;
	wait_queue_head_t drain_wait;
	bool draining;

	spinlock_t work_lock;	/* bios, commands; taken in interrupts */
	struct bio_list bios;
	struct list_head commands;
	struct workqueue_struct *wq;
	struct work_struct work;
	struct mutex lock;	/* the worker while it changes things, and preresume */
	bool changed;		/* an event is owed */

	u64 sequence;
	void *block_buf;	/* a block, for the worker's own I/O */
	void *chunk_buf;
	void *meta_buf;

	atomic64_t read_errors;
	atomic64_t write_errors;
	atomic64_t remaps;
	atomic64_t remap_failures;
	atomic64_t metadata_errors;
};

struct remap_grant {
	struct dm_dev *dev;
	sector_t offset;
	sector_t length;
	struct remap_lease *lease;
	bool fresh;		/* opened by this table, not yet the target's */
};

struct remap_table {
	struct remap_target *rt;
	struct dm_dev *main;
	sector_t main_offset;
	u64 generation;
	u32 read_retries;
	bool read_retries_given;
	bool attached;		/* the constructor got as far as the leases */
	bool activated;		/* was resumed at least once */
	bool suspending;	/* messages end early */
	u32 nr_grants;
	u32 nr_flush;
	struct block_device **flush_bdevs;
	struct remap_grant *grants;
};

enum remap_io_phase {
	REMAP_IO_PASS,		/* not counted, result goes up */
	REMAP_IO_FLUSH,		/* not counted, of one device */
	REMAP_IO_INFLIGHT,	/* counted in its epoch */
	REMAP_IO_WORKER,	/* owned by the worker */
};

struct remap_io {
	struct bvec_iter iter;	/* as mapped, in sectors of the mapped device */
	u8 phase;
	u8 epoch;
	blk_status_t status;	/* what the device said, for the worker */
};

/* Asks the worker to move one block; waits in the caller's stack frame. */
struct remap_command {
	struct list_head list;
	u64 block;
	int result;		/* 1: moved, 0: was moved already, < 0: error */
	struct completion done;
};

static inline u64 remap_slot_index(const struct remap_slot *slot)
{
	return slot - slot->lease->slots;
}

/* Sector on the spare device where the slot's block begins. */
static inline sector_t remap_slot_sector(const struct remap_target *rt,
					 const struct remap_slot *slot)
{
	return slot->lease->offset + slot->lease->data_start +
	       (remap_slot_index(slot) << rt->block_shift);
}

/* Sectors of the block that exist: the last block of a device may be short. */
static inline u32 remap_block_len(const struct remap_target *rt, u64 block)
{
	return min_t(sector_t, rt->block_sectors,
		     rt->main_sectors - (block << rt->block_shift));
}

static inline u64 remap_mask(u32 first, u32 sectors)
{
	return (sectors == 64 ? ~0ULL : (1ULL << sectors) - 1) << first;
}

/* Copies alternate: which one holds the given sequence number. */
static inline unsigned int remap_copy_of(u64 sequence)
{
	return (sequence + 1) & 1;
}

/* True for errors that say "this place is bad", not "this path is". */
static inline bool remap_is_media_error(blk_status_t status)
{
	return status == BLK_STS_MEDIUM || status == BLK_STS_IOERR;
}

/* True for errors that say "this path is bad"; plain I/O errors leave it open. */
static inline bool remap_is_path_error(blk_status_t status)
{
	return status && status != BLK_STS_IOERR && blk_path_error(status);
}

/*
 * dm-remap-map.c: which blocks live elsewhere, which are pending, who is
 * looking.
 */

/* Both under map_lock. The first remap at or after block, or NULL. */
struct remap_slot *remap_map_find_from(struct remap_target *rt, u64 block);
struct remap_slot *remap_map_find(struct remap_target *rt, u64 block);

/*
 * Makes slot the place of its main block and answers the slot that was, or
 * NULL. Under map_lock for writing; needs no memory.
 */
struct remap_slot *remap_map_replace(struct remap_target *rt, struct remap_slot *slot);

void remap_region_set(struct remap_target *rt, u64 block);
bool remap_region_test(struct remap_target *rt, u64 first, u64 last);

/* Worker only. Forgetting to remember (no memory, too many) is safe. */
void remap_pending_set(struct remap_target *rt, u64 block);
void remap_pending_clear(struct remap_target *rt, u64 block);
bool remap_pending_test(struct remap_target *rt, u64 block);

/*
 * Between enter and leave, what the caller read from the map stays true on
 * the devices. Leave may come from another CPU and from an interrupt.
 */
int remap_enter(struct remap_target *rt);
void remap_leave(struct remap_target *rt, int epoch);

/*
 * Worker only: new I/O to the block comes to the worker from here on; returns
 * when I/O that went past before has finished. Sleeps.
 */
void remap_block_hold(struct remap_target *rt, u64 block);
void remap_block_unhold(struct remap_target *rt);

/*
 * dm-remap-lease.c: leases and their metadata. All of it sleeps and does I/O
 * unless said otherwise.
 */

/* Reads or writes bytes (at most a block) and waits. */
blk_status_t remap_sync_io(struct block_device *bdev, sector_t sector, void *buf,
			   unsigned int bytes, blk_opf_t opf);

/*
 * Opens the lease and reads its metadata; refuses one that is not formatted
 * for the target. On failure answers ERR_PTR and sets *error.
 */
struct remap_lease *remap_lease_open(struct remap_target *rt, struct block_device *bdev,
				     sector_t offset, sector_t length, char **error);
void remap_lease_free(struct remap_lease *lease);

/* Writes the page that holds the slot. A failure marks the lease failed. */
blk_status_t remap_lease_commit(struct remap_target *rt, struct remap_slot *slot);

/* Writes the superblock as of the live table. */
blk_status_t remap_lease_write_sb(struct remap_target *rt, struct remap_lease *lease);

/*
 * Worker only, does no I/O: a free slot of the least used healthy lease, or
 * NULL. Leases in the skip bitmap (by position) are passed over.
 */
struct remap_slot *remap_lease_pick(struct remap_target *rt, const unsigned long *skip,
				    unsigned int *position);

/* dm-remap-relocate.c: the worker. */

void remap_worker(struct work_struct *work);
void remap_queue_bio(struct remap_target *rt, struct bio *bio);

/* Moves a block and waits. 1: moved, 0: lives in a lease already, or -errno. */
int remap_relocate_wait(struct remap_target *rt, u64 block);

/* dm-remap-registry.c: the targets by UUID, and a table's share in them. */

/*
 * Joins or makes the target of the UUID, with the table's grants opened.
 * Called by the constructor; 0 or -errno with *error set.
 */
int remap_table_attach(struct remap_table *t, struct dm_target *ti, const uuid_t *uuid,
		       u32 block_sectors, char **error);
void remap_table_detach(struct remap_table *t);

/* Makes the table the target's live one. While suspended. Never fails. */
void remap_table_activate(struct remap_table *t, struct dm_target *ti);

#endif
