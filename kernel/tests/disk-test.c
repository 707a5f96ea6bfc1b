// SPDX-License-Identifier: GPL-2.0-only
/*
 * What counts as lease metadata.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../dm-remap-disk.c"

#define DATA_START (REMAP_PAGES_START + 2 * REMAP_META_SECTORS)
#define NR_BLOCKS 100
#define BLOCK_SECTORS 8

static const uuid_t target = UUID_INIT(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
static const uuid_t lease = UUID_INIT(11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1);

static const struct remap_disk_expected expected = {
	.target = &target,
	.length = DATA_START + NR_BLOCKS * BLOCK_SECTORS,
	.main_sectors = 1 << 20,
	.block_sectors = BLOCK_SECTORS,
};

static void fill_sb(struct remap_disk_sb *sb, u64 sequence)
{
	memset(sb, 0, sizeof(*sb));
	sb->version = cpu_to_le32(REMAP_META_VERSION);
	sb->sequence = cpu_to_le64(sequence);
	memcpy(sb->target_uuid, &target, sizeof(sb->target_uuid));
	memcpy(sb->lease_uuid, &lease, sizeof(sb->lease_uuid));
	sb->length = cpu_to_le64(expected.length);
	sb->data_start = cpu_to_le64(DATA_START);
	sb->nr_blocks = cpu_to_le64(NR_BLOCKS);
	sb->main_sectors = cpu_to_le64(expected.main_sectors);
	sb->block_sectors = cpu_to_le32(BLOCK_SECTORS);
	remap_disk_sb_seal(sb);
}

static void fill_page(struct remap_disk_page *page, u32 index, u64 sequence)
{
	memset(page, 0, sizeof(*page));
	page->page = cpu_to_le32(index);
	page->sequence = cpu_to_le64(sequence);
	memcpy(page->lease_uuid, &lease, sizeof(page->lease_uuid));
	remap_disk_page_seal(page);
}

static void *two_copies(struct kunit *test)
{
	void *copies = kunit_kzalloc(test, 2 * REMAP_META_BYTES, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, copies);
	return copies;
}

static void the_superblock_with_the_higher_sequence_counts(struct kunit *test)
{
	struct remap_disk_sb *copies = two_copies(test);

	fill_sb(&copies[0], 7);
	fill_sb(&copies[1], 8);
	KUNIT_EXPECT_PTR_EQ(test, remap_disk_sb_newest(copies), &copies[1]);
	fill_sb(&copies[0], 9);
	KUNIT_EXPECT_PTR_EQ(test, remap_disk_sb_newest(copies), &copies[0]);
}

static void a_torn_superblock_leaves_the_other(struct kunit *test)
{
	struct remap_disk_sb *copies = two_copies(test);
	struct remap_disk_sb *before = kunit_kzalloc(test, sizeof(*before), GFP_KERNEL);
	unsigned int sectors;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, before);
	fill_sb(&copies[0], 7);
	for (sectors = 1; sectors < REMAP_META_SECTORS; sectors++) {
		memset(before, 0, sizeof(*before));
		fill_sb(before, 6);
		before->label[REMAP_LABEL_BYTES - 1] = 1;
		before->pad[sizeof(before->pad) - 1] = 1;
		remap_disk_sb_seal(before);
		fill_sb(&copies[1], 8);
		memcpy((u8 *)&copies[1] + sectors * 512, (u8 *)before + sectors * 512,
		       sizeof(*before) - sectors * 512);
		KUNIT_EXPECT_PTR_EQ(test, remap_disk_sb_newest(copies), &copies[0]);
	}
}

static void a_superblock_with_any_byte_changed_does_not_count(struct kunit *test)
{
	struct remap_disk_sb *copies = two_copies(test);
	u8 *bytes = (u8 *)&copies[0];
	unsigned int i, counted = 0;

	fill_sb(&copies[0], 1);
	for (i = 0; i < REMAP_META_BYTES; i++) {
		bytes[i] ^= 1 << (i % 8);
		if (remap_disk_sb_newest(copies))
			counted++;
		bytes[i] ^= 1 << (i % 8);
	}
	KUNIT_EXPECT_EQ(test, counted, 0);
	KUNIT_EXPECT_PTR_EQ(test, remap_disk_sb_newest(copies), &copies[0]);
}

static void a_copy_in_the_place_of_the_other_does_not_count(struct kunit *test)
{
	struct remap_disk_sb *copies = two_copies(test);

	fill_sb(&copies[0], 2);
	fill_sb(&copies[1], 3);
	KUNIT_EXPECT_NULL(test, remap_disk_sb_newest(copies));
}

static void a_page_with_any_byte_changed_does_not_count(struct kunit *test)
{
	struct remap_disk_page *copies = two_copies(test);
	u8 *bytes = (u8 *)&copies[1];
	unsigned int i, counted = 0;

	fill_page(&copies[1], 5, 4);
	for (i = 0; i < REMAP_META_BYTES; i++) {
		bytes[i] ^= 0x80 >> (i % 8);
		if (remap_disk_page_newest(copies, &lease, 5))
			counted++;
		bytes[i] ^= 0x80 >> (i % 8);
	}
	KUNIT_EXPECT_EQ(test, counted, 0);
	KUNIT_EXPECT_PTR_EQ(test, remap_disk_page_newest(copies, &lease, 5), &copies[1]);
}

static void a_page_of_another_lease_or_place_does_not_count(struct kunit *test)
{
	struct remap_disk_page *copies = two_copies(test);

	fill_page(&copies[0], 5, 3);
	fill_page(&copies[1], 6, 4);
	KUNIT_EXPECT_PTR_EQ(test, remap_disk_page_newest(copies, &lease, 5), &copies[0]);
	KUNIT_EXPECT_PTR_EQ(test, remap_disk_page_newest(copies, &lease, 6), &copies[1]);
	KUNIT_EXPECT_NULL(test, remap_disk_page_newest(copies, &lease, 7));
	KUNIT_EXPECT_NULL(test, remap_disk_page_newest(copies, &target, 5));
}

struct refusal {
	const char *name;
	size_t offset;
	size_t bytes;
	u64 value;
	bool refused;
};

#define FIELD(field) offsetof(struct remap_disk_sb, field), sizeof_field(struct remap_disk_sb, field)

static const struct refusal refusals[] = {
	{ "nothing changed", FIELD(zero), 0, false },
	{ "another version", FIELD(version), REMAP_META_VERSION + 1, true },
	{ "another target", offsetof(struct remap_disk_sb, target_uuid), 8, 5, true },
	{ "another length", FIELD(length), DATA_START + NR_BLOCKS * BLOCK_SECTORS + 8, true },
	{ "another block size", FIELD(block_sectors), 16, true },
	{ "a block size of nothing", FIELD(block_sectors), 0, true },
	{ "another main device", FIELD(main_sectors), (1 << 20) + 8, true },
	{ "no main device yet", FIELD(main_sectors), 0, false },
	{ "no blocks", FIELD(nr_blocks), 0, true },
	{ "one block less", FIELD(nr_blocks), NR_BLOCKS - 1, false },
	{ "one block too many", FIELD(nr_blocks), NR_BLOCKS + 1, true },
	{ "more blocks than numbers", FIELD(nr_blocks), 1ULL << 32, true },
	{ "a number of blocks that wraps", FIELD(nr_blocks), U64_MAX, true },
	{ "data in the entry pages", FIELD(data_start), DATA_START - REMAP_META_SECTORS, true },
	{ "data off the grid", FIELD(data_start), DATA_START + 1, true },
	{ "data too near the end", FIELD(data_start), DATA_START + REMAP_META_SECTORS, true },
	{ "data beyond the end", FIELD(data_start), U64_MAX - 7, true },
	{ "as many members as there may be", FIELD(nr_members), REMAP_MAX_LEASES, false },
	{ "one member too many", FIELD(nr_members), REMAP_MAX_LEASES + 1, true },
	{ "a number of members that wraps", FIELD(nr_members), U32_MAX, true },
};

static void refusal_name(const struct refusal *refusal, char *name)
{
	strscpy(name, refusal->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refusal, refusals, refusal_name);

static void a_superblock_is_taken_only_as_expected(struct kunit *test)
{
	const struct refusal *refusal = test->param_value;
	struct remap_disk_sb *sb = two_copies(test);
	__le64 value = cpu_to_le64(refusal->value);
	const char *why;

	fill_sb(sb, 1);
	memcpy((u8 *)sb + refusal->offset, &value, refusal->bytes);
	why = remap_disk_sb_refuse(sb, &expected);
	KUNIT_EXPECT_EQ_MSG(test, !!why, refusal->refused, "%s", why ?: "taken");
}

static struct kunit_case disk_cases[] = {
	KUNIT_CASE(the_superblock_with_the_higher_sequence_counts),
	KUNIT_CASE(a_torn_superblock_leaves_the_other),
	KUNIT_CASE(a_superblock_with_any_byte_changed_does_not_count),
	KUNIT_CASE(a_copy_in_the_place_of_the_other_does_not_count),
	KUNIT_CASE(a_page_with_any_byte_changed_does_not_count),
	KUNIT_CASE(a_page_of_another_lease_or_place_does_not_count),
	KUNIT_CASE_PARAM(a_superblock_is_taken_only_as_expected, refusal_gen_params),
	{}
};

static struct kunit_suite disk_suite = {
	.name = "dm-remap-disk",
	.test_cases = disk_cases,
};

kunit_test_suite(disk_suite);

MODULE_DESCRIPTION("KUnit suites of dm-remap");
MODULE_LICENSE("GPL");
