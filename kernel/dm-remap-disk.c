// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a lease looks like on its spare device, and what makes it valid.
 */
#include <asm/byteorder.h>
#include <linux/crc32c.h>
#include <linux/math64.h>
#include <linux/string.h>

#include "dm-remap-disk.h"

/* Over the whole block with the checksum itself taken as zero. */
static u32 remap_disk_crc(const void *buf, size_t crc_offset)
{
	const size_t after = crc_offset + sizeof(__le32);
	const __le32 zero = 0;
	u32 crc = ~0U;

	crc = crc32c(crc, buf, crc_offset);
	crc = crc32c(crc, &zero, sizeof(zero));
	crc = crc32c(crc, buf + after, REMAP_META_BYTES - after);
	return ~crc;
}

static u32 remap_disk_sb_crc(const struct remap_disk_sb *sb)
{
	return remap_disk_crc(sb, offsetof(struct remap_disk_sb, crc));
}

static u32 remap_disk_page_crc(const struct remap_disk_page *page)
{
	return remap_disk_crc(page, offsetof(struct remap_disk_page, crc));
}

void remap_disk_sb_seal(struct remap_disk_sb *sb)
{
	memcpy(sb->magic, REMAP_SB_MAGIC, sizeof(sb->magic));
	sb->crc = cpu_to_le32(remap_disk_sb_crc(sb));
}

void remap_disk_page_seal(struct remap_disk_page *page)
{
	memcpy(page->magic, REMAP_PAGE_MAGIC, sizeof(page->magic));
	page->crc = cpu_to_le32(remap_disk_page_crc(page));
}

static bool remap_disk_sb_plausible(const struct remap_disk_sb *sb, unsigned int copy)
{
	return !memcmp(sb->magic, REMAP_SB_MAGIC, sizeof(sb->magic)) &&
	       remap_copy_of(le64_to_cpu(sb->sequence)) == copy;
}

static bool remap_disk_page_plausible(const struct remap_disk_page *page, unsigned int copy,
				      const uuid_t *lease, u32 index)
{
	return !memcmp(page->magic, REMAP_PAGE_MAGIC, sizeof(page->magic)) &&
	       le32_to_cpu(page->page) == index &&
	       !memcmp(page->lease_uuid, lease, sizeof(page->lease_uuid)) &&
	       remap_copy_of(le64_to_cpu(page->sequence)) == copy;
}

const struct remap_disk_sb *remap_disk_sb_newest(const struct remap_disk_sb copies[2])
{
	bool plausible[2] = {
		remap_disk_sb_plausible(&copies[0], 0),
		remap_disk_sb_plausible(&copies[1], 1),
	};
	unsigned int i, newer = le64_to_cpu(copies[1].sequence) > le64_to_cpu(copies[0].sequence);

	for (i = 0; i < 2; i++, newer = !newer)
		if (plausible[newer] &&
		    le32_to_cpu(copies[newer].crc) == remap_disk_sb_crc(&copies[newer]))
			return &copies[newer];
	return NULL;
}

/* The older copy is only looked into when the newer one is damaged. */
const struct remap_disk_page *remap_disk_page_newest(const struct remap_disk_page copies[2],
						     const uuid_t *lease, u32 index)
{
	bool plausible[2] = {
		remap_disk_page_plausible(&copies[0], 0, lease, index),
		remap_disk_page_plausible(&copies[1], 1, lease, index),
	};
	unsigned int i, newer = le64_to_cpu(copies[1].sequence) > le64_to_cpu(copies[0].sequence);

	for (i = 0; i < 2; i++, newer = !newer)
		if (plausible[newer] &&
		    le32_to_cpu(copies[newer].crc) == remap_disk_page_crc(&copies[newer]))
			return &copies[newer];
	return NULL;
}

static const char *remap_disk_sb_refuse_geometry(const struct remap_disk_sb *sb,
						 const struct remap_disk_expected *expected)
{
	u64 nr_blocks = le64_to_cpu(sb->nr_blocks);
	u64 data_start = le64_to_cpu(sb->data_start);
	u64 pages;

	if (!nr_blocks || nr_blocks > U32_MAX ||
	    nr_blocks > div_u64(expected->length, expected->block_sectors))
		return "Lease superblock has an impossible number of blocks";
	pages = DIV_ROUND_UP_ULL(nr_blocks, REMAP_PAGE_ENTRIES);
	if (data_start % REMAP_META_SECTORS ||
	    data_start < REMAP_PAGES_START + pages * 2 * REMAP_META_SECTORS ||
	    data_start > expected->length ||
	    div_u64(expected->length - data_start, expected->block_sectors) < nr_blocks)
		return "Lease superblock has impossible geometry";
	return NULL;
}

const char *remap_disk_sb_refuse(const struct remap_disk_sb *sb,
				 const struct remap_disk_expected *expected)
{
	if (le32_to_cpu(sb->version) != REMAP_META_VERSION)
		return "Lease metadata version is not supported";
	if (memcmp(sb->target_uuid, expected->target, sizeof(sb->target_uuid)))
		return "Lease belongs to another target";
	if (le64_to_cpu(sb->length) != expected->length)
		return "Lease length differs from its superblock";
	if (le32_to_cpu(sb->block_sectors) != expected->block_sectors)
		return "Lease is formatted for another block size";
	if (sb->main_sectors && le64_to_cpu(sb->main_sectors) != expected->main_sectors)
		return "Lease belongs to a target of another length";
	if (le32_to_cpu(sb->nr_members) > REMAP_MAX_LEASES)
		return "Lease superblock has too many members";
	return remap_disk_sb_refuse_geometry(sb, expected);
}
