// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leases and their metadata.
 */
#include <linux/bitmap.h>
#include <linux/blkdev.h>
#include <linux/crc32c.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "dm-remap.h"
#include "dm-remap-trace.h"

#define REMAP_READ_PAGES 16	/* metadata blocks in one read */

blk_status_t remap_sync_io(struct block_device *bdev, sector_t sector, void *buf,
			   unsigned int bytes, blk_opf_t opf)
{
	struct bio_vec vec;
	struct bio bio;
	blk_status_t status;

	bio_init(&bio, bdev, &vec, 1, opf);
	bio.bi_iter.bi_sector = sector;
	__bio_add_page(&bio, virt_to_page(buf), bytes, offset_in_page(buf));
	submit_bio_wait(&bio);
	status = bio.bi_status;
	bio_uninit(&bio);
	return status;
}

static sector_t remap_page_sector(const struct remap_lease *lease, u32 page, unsigned int copy)
{
	return lease->offset + REMAP_PAGES_START + (2ULL * page + copy) * REMAP_META_SECTORS;
}

/* What is wrong, with the errno for it, or NULL. */
static const char *remap_lease_read_sb(struct remap_target *rt, struct remap_lease *lease,
				       void *buf, int *error)
{
	const struct remap_disk_expected expected = {
		.target = &rt->uuid,
		.length = lease->length,
		.main_sectors = rt->main_sectors,
		.block_sectors = rt->block_sectors,
	};
	const struct remap_disk_sb *sb;
	const char *fault;

	*error = -EIO;
	if (remap_sync_io(lease->bdev, lease->offset, buf, 2 * REMAP_META_BYTES, REQ_OP_READ))
		return "Cannot read the lease superblock";
	*error = -EINVAL;
	sb = remap_disk_sb_newest(buf);
	if (!sb)
		return "Lease is not formatted, or both superblocks are damaged";
	fault = remap_disk_sb_refuse(sb, &expected);
	if (fault)
		return fault;

	memcpy(&lease->uuid, sb->lease_uuid, sizeof(lease->uuid));
	lease->data_start = le64_to_cpu(sb->data_start);
	lease->nr_blocks = le64_to_cpu(sb->nr_blocks);
	lease->nr_pages = DIV_ROUND_UP(lease->nr_blocks, REMAP_PAGE_ENTRIES);
	lease->generation = le64_to_cpu(sb->generation);
	lease->sb_sequence = le64_to_cpu(sb->sequence);
	lease->failed = le32_to_cpu(sb->flags) & REMAP_SB_FAILED;
	lease->disk_members = le32_to_cpu(sb->nr_members);
	memcpy(lease->label, sb->label, sizeof(lease->label));
	*error = -ENOMEM;
	lease->members = kmemdup(sb->members, lease->disk_members * 16, GFP_KERNEL);
	return lease->members || !lease->disk_members ? NULL : "Cannot allocate lease members";
}

static const char *remap_page_load(struct remap_target *rt, struct remap_lease *lease, u32 index,
				   const struct remap_disk_page *page)
{
	u32 i, first = index * REMAP_PAGE_ENTRIES;
	u32 nr = min_t(u32, REMAP_PAGE_ENTRIES, lease->nr_blocks - first);

	lease->page_sequence[index] = le64_to_cpu(page->sequence);
	if (lease->page_sequence[index] >= U64_MAX / 2)
		return "Lease entry page has an impossible sequence";
	for (i = 0; i < nr; i++) {
		struct remap_slot *slot = &lease->slots[first + i];

		slot->place = le64_to_cpu(page->entries[i].main_block);
		slot->sequence = le64_to_cpu(page->entries[i].sequence);
		slot->valid = le64_to_cpu(page->entries[i].valid);
		if (slot->place == REMAP_ENTRY_FREE)
			continue;
		if (slot->place == REMAP_ENTRY_RETIRED)
			lease->retired++;
		else if (slot->place < rt->nr_blocks)
			lease->used++;
		else
			return "Lease maps a block beyond the end of the target";
	}
	return NULL;
}

static const char *remap_lease_read_pages(struct remap_target *rt, struct remap_lease *lease,
					  void *buf, int *error)
{
	u32 index, i;

	for (index = 0; index < lease->nr_pages; index += REMAP_READ_PAGES / 2) {
		u32 n = min_t(u32, REMAP_READ_PAGES / 2, lease->nr_pages - index);

		if (remap_sync_io(lease->bdev, remap_page_sector(lease, index, 0), buf,
				  n * 2 * REMAP_META_BYTES, REQ_OP_READ)) {
			*error = -EIO;
			return "Cannot read the lease's entry table";
		}
		*error = -EINVAL;
		for (i = 0; i < n; i++) {
			const struct remap_disk_page *copies = buf, *page;
			const char *fault;

			page = remap_disk_page_newest(copies + 2 * i, &lease->uuid, index + i);
			if (!page)
				return "Lease entry table is damaged";
			fault = remap_page_load(rt, lease, index + i, page);
			if (fault)
				return fault;
		}
		cond_resched();
	}
	return NULL;
}

struct remap_lease *remap_lease_open(struct remap_target *rt, struct block_device *bdev,
				     sector_t offset, sector_t length, char **error)
{
	struct remap_lease *lease = kzalloc(sizeof(*lease), GFP_KERNEL);
	void *buf = kmalloc(REMAP_READ_PAGES * REMAP_META_BYTES, GFP_KERNEL);
	const char *fault = "Cannot allocate lease";
	int r = -ENOMEM;

	if (!lease || !buf)
		goto bad;
	lease->bdev = bdev;
	lease->dev = bdev->bd_dev;
	lease->offset = offset;
	lease->length = length;

	fault = remap_lease_read_sb(rt, lease, buf, &r);
	if (fault)
		goto bad;
	r = -ENOMEM;
	lease->slots = kvcalloc(lease->nr_blocks, sizeof(*lease->slots),
				GFP_KERNEL | __GFP_NOWARN); /* a large lease is no bug */
	lease->page_sequence = kvcalloc(lease->nr_pages, sizeof(u64), GFP_KERNEL | __GFP_NOWARN);
	lease->stale = kvcalloc(BITS_TO_LONGS(lease->nr_pages), sizeof(long),
				GFP_KERNEL | __GFP_NOWARN);
	fault = "Cannot allocate the lease's entries";
	if (!lease->slots || !lease->page_sequence || !lease->stale)
		goto bad;
	fault = remap_lease_read_pages(rt, lease, buf, &r);
	if (fault)
		goto bad;
	kfree(buf);
	return lease;
bad:
	*error = (char *)fault;
	kfree(buf);
	remap_lease_free(lease);
	return ERR_PTR(r);
}

void remap_lease_free(struct remap_lease *lease)
{
	if (!lease)
		return;
	kvfree(lease->slots);
	kvfree(lease->page_sequence);
	kvfree(lease->stale);
	kfree(lease->members);
	kfree(lease);
}

static void remap_lease_fail(struct remap_target *rt, struct remap_lease *lease,
			     blk_status_t status)
{
	atomic64_inc(&rt->metadata_errors);
	lease->errors++;
	if (!lease->failed)
		DMERR_LIMIT("lease %pUb: metadata write failed (%d), nothing more is placed there",
			    &lease->uuid, blk_status_to_errno(status));
	lease->failed = true;
	rt->changed = true;
}

/* What the entry of a slot says on disk. */
static void remap_entry_encode(struct remap_disk_entry *entry, const struct remap_slot *slot)
{
	if (remap_slot_is_live(slot) && !(slot->place & REMAP_RELEASING)) {
		entry->main_block = cpu_to_le64(remap_slot_block(slot));
		entry->sequence = cpu_to_le64(slot->sequence);
		entry->valid = cpu_to_le64(slot->valid);
	} else {
		entry->main_block = cpu_to_le64(slot->place == REMAP_ENTRY_RETIRED ?
						REMAP_ENTRY_RETIRED : REMAP_ENTRY_FREE);
	}
}

/* What is on disk now is what is in memory. */
static void remap_page_is_sure(struct remap_target *rt, struct remap_lease *lease, u32 index)
{
	u32 i, first = index * REMAP_PAGE_ENTRIES;
	u32 end = min_t(u32, lease->nr_blocks, first + REMAP_PAGE_ENTRIES);

	for (i = first; i < end; i++) {
		struct remap_slot *slot = &lease->slots[i];
		u32 number = lease->base + i;
		bool was_unsure;

		if (!remap_slot_is_live(slot) || !(slot->place & REMAP_MARKS) ||
		    slot->place & REMAP_RELEASING)
			continue;
		was_unsure = slot->place & REMAP_UNSURE;
		remap_slot_mark(rt, number, 0);
		if (was_unsure)
			remap_drop_others(rt, remap_slot_block(slot), number);
	}
}

blk_status_t remap_lease_commit_page(struct remap_target *rt, struct remap_lease *lease, u32 index)
{
	u32 i, first = index * REMAP_PAGE_ENTRIES;
	u64 sequence = lease->page_sequence[index] + 1;
	struct remap_disk_page *page = rt->meta_buf;
	blk_status_t status;

	memset(page, 0, sizeof(*page));
	page->page = cpu_to_le32(index);
	page->sequence = cpu_to_le64(sequence);
	memcpy(page->lease_uuid, &lease->uuid, sizeof(page->lease_uuid));
	for (i = 0; i < REMAP_PAGE_ENTRIES; i++) {
		if (first + i < lease->nr_blocks)
			remap_entry_encode(&page->entries[i], &lease->slots[first + i]);
		else
			page->entries[i].main_block = cpu_to_le64(REMAP_ENTRY_FREE);
	}
	remap_disk_page_seal(page);

	status = remap_sync_io(lease->bdev,
			       remap_page_sector(lease, index, remap_copy_of(sequence)), page,
			       REMAP_META_BYTES, REQ_OP_WRITE | REQ_SYNC | REQ_META | REQ_FUA);
	trace_dm_remap_commit(rt, lease, index, sequence, status);
	if (status) {
		__set_bit(index, lease->stale);
		remap_lease_fail(rt, lease, status);
		return status;
	}
	lease->page_sequence[index] = sequence;
	__clear_bit(index, lease->stale);
	remap_page_is_sure(rt, lease, index);
	return BLK_STS_OK;
}

blk_status_t remap_lease_clean(struct remap_target *rt, struct remap_lease *lease)
{
	unsigned long index;

	for_each_set_bit(index, lease->stale, lease->nr_pages) {
		blk_status_t status = remap_lease_commit_page(rt, lease, index);

		if (status)
			return status;
	}
	return BLK_STS_OK;
}

void remap_lease_mend(struct remap_target *rt, struct remap_lease *lease)
{
	lease->failed = false;
	if (remap_lease_write_sb(rt, lease))
		return;
	if (remap_lease_clean(rt, lease))
		remap_lease_write_sb(rt, lease);
	else
		DMINFO("lease %pUb: metadata can be written again", &lease->uuid);
	rt->changed = true;
}

u32 remap_slot_page(const struct remap_lease *lease, u32 number)
{
	return (number - lease->base) / REMAP_PAGE_ENTRIES;
}

blk_status_t remap_lease_write_sb(struct remap_target *rt, struct remap_lease *lease)
{
	struct remap_disk_sb *sb = rt->meta_buf;
	struct remap_lease *member;
	u64 sequence = lease->sb_sequence + 1;
	blk_status_t status;
	u32 n = 0;

	memset(sb, 0, sizeof(*sb));
	sb->version = cpu_to_le32(REMAP_META_VERSION);
	sb->sequence = cpu_to_le64(sequence);
	sb->generation = cpu_to_le64(rt->generation);
	memcpy(sb->target_uuid, &rt->uuid, sizeof(sb->target_uuid));
	memcpy(sb->lease_uuid, &lease->uuid, sizeof(sb->lease_uuid));
	sb->length = cpu_to_le64(lease->length);
	sb->data_start = cpu_to_le64(lease->data_start);
	sb->nr_blocks = cpu_to_le64(lease->nr_blocks);
	sb->main_sectors = cpu_to_le64(rt->main_sectors);
	sb->block_sectors = cpu_to_le32(rt->block_sectors);
	sb->flags = cpu_to_le32(lease->failed ? REMAP_SB_FAILED : 0);
	list_for_each_entry(member, &rt->leases, list)
		memcpy(sb->members[n++], &member->uuid, 16);
	sb->nr_members = cpu_to_le32(n);
	memcpy(sb->label, lease->label, sizeof(sb->label));
	remap_disk_sb_seal(sb);

	status = remap_sync_io(lease->bdev,
			       lease->offset + remap_copy_of(sequence) * REMAP_META_SECTORS, sb,
			       REMAP_META_BYTES, REQ_OP_WRITE | REQ_SYNC | REQ_META | REQ_FUA);
	trace_dm_remap_commit(rt, lease, REMAP_TRACE_SUPERBLOCK, sequence, status);
	if (status) {
		remap_lease_fail(rt, lease, status);
		return status;
	}
	lease->sb_sequence = sequence;
	lease->generation = rt->generation;
	return BLK_STS_OK;
}

u32 remap_lease_free_slot(struct remap_lease *lease, u32 from)
{
	bool all = from <= lease->base + lease->hint;
	u32 i = all ? lease->hint : from - lease->base;

	while (i < lease->nr_blocks && lease->slots[i].place != REMAP_ENTRY_FREE)
		i++;
	if (all)
		lease->hint = i;
	return i < lease->nr_blocks ? lease->base + i : 0;
}

static u64 remap_device_used(struct remap_target *rt, dev_t dev)
{
	struct remap_lease *lease;
	u64 used = 0;

	list_for_each_entry(lease, &rt->leases, list)
		if (lease->dev == dev)
			used += lease->used;
	return used;
}

/* By the part of it that is taken; of equals, the one on the spare device with less. */
static bool remap_lease_is_emptier(struct remap_target *rt, const struct remap_lease *a,
				   const struct remap_lease *b)
{
	u64 part_a = (u64)(a->used + a->retired) * b->nr_blocks;
	u64 part_b = (u64)(b->used + b->retired) * a->nr_blocks;

	if (part_a != part_b)
		return part_a < part_b;
	return a->dev != b->dev &&
	       remap_device_used(rt, a->dev) < remap_device_used(rt, b->dev);
}

bool remap_lease_takes_blocks(const struct remap_lease *lease)
{
	return !lease->failed && !lease->leaving && !lease->draining &&
	       lease->used + lease->retired < lease->nr_blocks;
}

/* Whether there is room anywhere, also beside where a job may move blocks to. */
bool remap_lease_any_but(struct remap_target *rt, const struct remap_lease *lease)
{
	struct remap_lease *other;

	list_for_each_entry(other, &rt->leases, list)
		if (other != lease && remap_lease_takes_blocks(other))
			return true;
	return false;
}

struct remap_lease *remap_lease_pick(struct remap_target *rt, const unsigned long *skip,
				     unsigned int *position)
{
	struct remap_lease *lease, *best = NULL;
	unsigned int n = 0;

	list_for_each_entry(lease, &rt->leases, list) {
		if (test_bit(n++, skip) || !remap_lease_takes_blocks(lease) ||
		    (rt->destination && rt->destination != lease))
			continue;
		if (!best || remap_lease_is_emptier(rt, lease, best)) {
			best = lease;
			*position = n - 1;
		}
	}
	return best;
}

struct remap_lease *remap_lease_any(struct remap_target *rt)
{
	DECLARE_BITMAP(none, REMAP_MAX_LEASES);
	unsigned int position;

	bitmap_zero(none, REMAP_MAX_LEASES);
	return remap_lease_pick(rt, none, &position);
}

static void remap_slot_leave(struct remap_target *rt, u32 number, u64 place)
{
	struct remap_lease *lease = remap_map_lease(&rt->map, number);
	struct remap_slot *slot = remap_map_slot(&rt->map, number);

	if (remap_slot_is_live(slot))
		__set_bit(remap_slot_page(lease, number), lease->stale);
	slot->place = place;
}

void remap_slot_retire(struct remap_target *rt, u32 number)
{
	remap_slot_leave(rt, number, REMAP_ENTRY_RETIRED);
	remap_map_lease(&rt->map, number)->retired++;
}

void remap_slot_free(struct remap_target *rt, u32 number)
{
	struct remap_lease *lease = remap_map_lease(&rt->map, number);

	remap_slot_leave(rt, number, REMAP_ENTRY_FREE);
	lease->hint = min(lease->hint, number - lease->base);
}

void remap_slot_mark(struct remap_target *rt, u32 number, u64 marks)
{
	spin_lock(&rt->map.lock);
	remap_map_set_marks(&rt->map, number, marks);
	spin_unlock(&rt->map.lock);
}
