/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a lease looks like on its spare device, and what makes it valid.
 * METADATA.md says it byte by byte. No I/O here.
 */
#ifndef DM_REMAP_DISK_H
#define DM_REMAP_DISK_H

#include <linux/build_bug.h>
#include <linux/types.h>
#include <linux/uuid.h>

#define REMAP_META_BYTES	4096
#define REMAP_META_SECTORS	8
#define REMAP_META_VERSION	1
#define REMAP_SB_MAGIC		"DMREMAP1"
#define REMAP_PAGE_MAGIC	"DMREMAPE"
#define REMAP_PAGES_START	(2 * REMAP_META_SECTORS)
#define REMAP_MAX_LEASES	128
#define REMAP_LABEL_BYTES	512

#define REMAP_SB_FAILED		0x1

#define REMAP_ENTRY_FREE	(~0ULL)
#define REMAP_ENTRY_RETIRED	(~0ULL - 1)

struct remap_disk_sb {
	u8 magic[8];
	__le32 crc;
	__le32 version;
	__le64 sequence;
	__le64 generation;
	u8 target_uuid[16];
	u8 lease_uuid[16];
	__le64 length;
	__le64 data_start;
	__le64 nr_blocks;
	__le64 main_sectors;
	__le32 block_sectors;
	__le32 flags;
	__le32 nr_members;
	__le32 zero;
	u8 members[REMAP_MAX_LEASES][16];
	u8 label[REMAP_LABEL_BYTES];
	u8 pad[REMAP_META_BYTES - 112 - REMAP_MAX_LEASES * 16 - REMAP_LABEL_BYTES];
} __packed;

struct remap_disk_entry {
	__le64 main_block;
	__le64 sequence;
	__le64 valid;
} __packed;

#define REMAP_PAGE_ENTRIES 168

struct remap_disk_page {
	u8 magic[8];
	__le32 crc;
	__le32 page;
	__le64 sequence;
	u8 lease_uuid[16];
	u8 zero[24];
	struct remap_disk_entry entries[REMAP_PAGE_ENTRIES];
} __packed;

static_assert(sizeof(struct remap_disk_sb) == REMAP_META_BYTES);
static_assert(sizeof(struct remap_disk_page) == REMAP_META_BYTES);

/* Copies alternate: which one holds the given sequence number. */
static inline unsigned int remap_copy_of(u64 sequence)
{
	return (sequence + 1) & 1;
}

/* Sets magic and checksum; the other fields are the caller's. */
void remap_disk_sb_seal(struct remap_disk_sb *sb);
void remap_disk_page_seal(struct remap_disk_page *page);

/* Of two copies the valid one with the higher sequence, or NULL. */
const struct remap_disk_sb *remap_disk_sb_newest(const struct remap_disk_sb copies[2]);
const struct remap_disk_page *remap_disk_page_newest(const struct remap_disk_page copies[2],
						     const uuid_t *lease, u32 index);

/* The lease that the target expects to find. */
struct remap_disk_expected {
	const uuid_t *target;
	u64 length;
	u64 main_sectors;
	u32 block_sectors;
};

/* Why a valid superblock is not that of a lease as expected, or NULL. */
const char *remap_disk_sb_refuse(const struct remap_disk_sb *sb,
				 const struct remap_disk_expected *expected);

#endif
