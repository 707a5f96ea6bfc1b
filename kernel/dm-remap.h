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
#include <linux/spinlock.h>
#include <linux/uuid.h>
#include <linux/workqueue.h>

#include "dm-remap-disk.h"
#include "dm-remap-grace.h"
#include "dm-remap-health.h"
#include "dm-remap-jobs.h"
#include "dm-remap-map.h"
#include "dm-remap-readers.h"
#include "dm-remap-scrub.h"

#define DM_MSG_PREFIX "remap"

#define REMAP_MAX_BLOCK_SECTORS	64

struct remap_sysfs;

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
	u32 base;		/* number of its first slot */
	struct remap_slot *slots;
	u64 *page_sequence;	/* current; its copy is remap_copy_of(sequence) */
	unsigned long *stale;	/* pages on disk that name blocks which moved away since */

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
	bool draining;		/* is being evacuated */
	int leaving;		/* inactive tables that leave it out */
};

/* A block on its way to a lease. */
struct remap_move {
	u64 block;
	struct bio *bio;	/* waits for it, or NULL */
	void *data;		/* of the block's size */
	u64 fresh;		/* sectors that hold new data */
	bool whole;		/* move only if the rest can be read */
	bool source_is_good;	/* its slot can be used again */
	bool was_pending;
	blk_status_t cause;	/* goes up if it cannot be moved */

	blk_status_t status;	/* BLK_STS_OK: moved */
	u64 valid;
	u32 from;		/* slot that it lived in, or 0 */
	u32 number;		/* slot chosen for it, or 0 */
	u32 unsure;		/* slot whose commit failed, or 0 */
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
	dev_t main_dev;
	sector_t main_offset;
	u32 read_retries;
	u64 generation;

	struct remap_map map;	/* its lock also guards leases and their counts */
	struct remap_readers readers;
	struct remap_grace grace;
	struct list_head leases;
	u32 nr_leases;
	enum remap_mode mode;
	struct remap_health health;

	spinlock_t work_lock;	/* bios, commands; taken in interrupts */
	struct bio_list bios;
	struct list_head commands;
	struct workqueue_struct *wq;
	struct work_struct work;
	struct mutex lock;	/* the worker while it changes things, and preresume */
	bool changed;		/* an event is owed */

	u64 sequence;
	struct remap_lease *destination; /* the only one to move to, or NULL */
	struct remap_job job;
	struct remap_scrub scrub;
	struct remap_move moves[REMAP_BATCH];
	unsigned int nr_moves;
	void *block_buf;	/* a block, for the worker's own I/O */
	void *piece_buf;
	void *meta_buf;

	atomic64_t read_errors;
	atomic64_t write_errors;
	atomic64_t remaps;
	atomic64_t remap_failures;
	atomic64_t metadata_errors;
	struct remap_sysfs *sysfs;	/* NULL until a table was accepted */
};

struct remap_grant {
	struct dm_dev *dev;
	sector_t offset;
	sector_t length;
	struct remap_lease *lease;
	bool fresh;		/* opened by this table, not yet the target's */
};

struct remap_table {
	/* These four are read for each bio. */
	struct remap_target *rt;
	sector_t begin;		/* of the target in the mapped device */
	sector_t main_shift;	/* from there to the main device */
	struct block_device *main_bdev;

	struct dm_dev *main;
	sector_t main_offset;
	u64 generation;
	u32 read_retries;
	bool read_retries_given;
	u32 fail_limit;		/* remaps in fail_seconds, or 0: no limit */
	u32 fail_seconds;
	bool attached;		/* the constructor got as far as the leases */
	bool activated;		/* was resumed at least once */
	bool suspending;	/* messages end early */
	u32 nr_grants;
	u32 nr_flush;
	struct block_device **flush_bdevs;
	struct remap_grant *grants;
	struct remap_span *spans; /* the map's, once this table is live */
	u32 nr_spans;
};

struct remap_io {
	struct bvec_iter iter;	/* as mapped, in sectors of the mapped device */
	blk_status_t status;	/* what the device said; of all pieces, once in the worker */
	u16 pieces;		/* not settled yet */
};

/* Asks the worker to move or examine blocks; waits in the caller's stack frame. */
struct remap_command {
	struct list_head list;
	struct remap_table *table;
	u64 next;
	u64 last;
	bool examine;		/* only read the blocks, and move the weak ones */
	u64 count;		/* moved, or found bad or weak */
	int error;
	bool cancelled;
	struct completion done;
};

/* Sector on the spare device where the slot's block begins. */
static inline sector_t remap_lease_sector(const struct remap_target *rt,
					  const struct remap_lease *lease, u32 number)
{
	return lease->offset + lease->data_start +
	       ((sector_t)(number - lease->base) << rt->block_shift);
}

static inline sector_t remap_slot_sector(const struct remap_target *rt, u32 number)
{
	return remap_lease_sector(rt, remap_map_lease(&rt->map, number), number);
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

/* dm-remap-io.c: what device-mapper calls for each bio. */

int remap_map_bio(struct dm_target *ti, struct bio *bio);
int remap_end_io(struct dm_target *ti, struct bio *bio, blk_status_t *error);

/* dm-remap-table.c: the constructor. */

int remap_ctr(struct dm_target *ti, unsigned int argc, char **argv);
void remap_dtr(struct dm_target *ti);

/* dm-remap-status.c, dm-remap-message.c: what user space reads and asks for. */

#define REMAP_WORD_BYTES 128

/* What the status says of a job, a scrub and a lease. */
int remap_job_word(const struct remap_job *job, char *buf, size_t size);
int remap_scrub_word(const struct remap_scrub *scrub, char *buf, size_t size);
const char *remap_lease_state_name(const struct remap_lease *lease);

void remap_status(struct dm_target *ti, status_type_t type, unsigned int flags, char *result,
		  unsigned int maxlen);
int remap_message(struct dm_target *ti, unsigned int argc, char **argv, char *result,
		  unsigned int maxlen);

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

u32 remap_slot_page(const struct remap_lease *lease, u32 number);

/* Writes an entry page. A failure marks the lease failed. */
blk_status_t remap_lease_commit_page(struct remap_target *rt, struct remap_lease *lease,
				     u32 index);

/* Writes the superblock as of the live table. */
blk_status_t remap_lease_write_sb(struct remap_target *rt, struct remap_lease *lease);

/* No I/O: whether blocks may be placed in the lease, and one is free. */
bool remap_lease_takes_blocks(const struct remap_lease *lease);
bool remap_lease_any_but(struct remap_target *rt, const struct remap_lease *lease);

/*
 * Worker only, no I/O: the least used healthy lease with a free slot, or NULL.
 * Leases in the skip bitmap (by position) are passed over.
 */
struct remap_lease *remap_lease_pick(struct remap_target *rt, const unsigned long *skip,
				     unsigned int *position);

/* As remap_lease_pick, without passing any over. */
struct remap_lease *remap_lease_any(struct remap_target *rt);

/* Number of the lease's first free slot at or after a number, or 0. */
u32 remap_lease_free_slot(struct remap_lease *lease, u32 from);

/* Writes the pages on disk that name blocks which have moved away. */
blk_status_t remap_lease_clean(struct remap_target *rt, struct remap_lease *lease);

/* Tries whether the metadata of a failed lease can be written again. */
void remap_lease_mend(struct remap_target *rt, struct remap_lease *lease);

/* The slot, live or not, is never used again; or can hold another block. */
void remap_slot_retire(struct remap_target *rt, u32 number);
void remap_slot_free(struct remap_target *rt, u32 number);
void remap_slot_mark(struct remap_target *rt, u32 number, u64 marks);

/* dm-remap-move.c: blocks move to leases. */

void remap_moves_free(struct remap_target *rt);
int remap_moves_alloc(struct remap_target *rt);

/* An empty move, to be filled in; the target has room for REMAP_BATCH. */
struct remap_move *remap_move_add(struct remap_target *rt, u64 block);
struct remap_move *remap_move_find(struct remap_target *rt, u64 block);

/* Moves all that were added and says in each how it went. */
void remap_moves_run(struct remap_target *rt);

/* The lease's slot in which a block lives, or 0: the main device. */
blk_status_t remap_block_io(struct remap_target *rt, u32 number, u64 block, u32 first,
			    u32 sectors, void *buf, blk_opf_t opf);

/* While the place of a block was unsure, the one before it was kept as well. */
void remap_drop_others(struct remap_target *rt, u64 block, u32 keep);

/* dm-remap-worker.c: failed I/O, I/O to blocks that move, commands. */

void remap_worker(struct work_struct *work);

/* Worker only: the block becomes pending, unless its main device is dead. */
void remap_read_failed(struct remap_target *rt, u32 number, u64 block);

void remap_queue_bio(struct remap_target *rt, struct bio *bio);

/*
 * Moves blocks and waits; ends early when the table is being suspended or a
 * block fails. The number moved, or -errno when there is none.
 */
s64 remap_move_wait(struct remap_table *t, u64 first, u64 last);

/* Reads blocks where they live. The number of those that are bad or weak, or -errno. */
s64 remap_examine_wait(struct remap_target *rt, u64 first, u64 last);

/* Raises a device-mapper event. Takes rt->lock. */
void remap_event(struct remap_target *rt);

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
