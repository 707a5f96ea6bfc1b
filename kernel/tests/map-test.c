// SPDX-License-Identifier: GPL-2.0-only
/*
 * The map against an array that says for each block what is special about it.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/prandom.h>

#include "../dm-remap-map.c"

#define BLOCKS 3001		/* more than one region, and a short one at the end */
#define BLOCK_SHIFT 3
#define SPANS 2
#define SLOTS (SPANS * REMAP_SPAN_SLOTS)
#define STEPS 20000

static unsigned int seed = 1;
module_param(seed, uint, 0444);

struct truth {
	struct remap_map map;
	struct rnd_state random;
	u32 number[BLOCKS];	/* slot, or 0 */
	bool pending[BLOCKS];
	u64 held[REMAP_BATCH];
	unsigned int nr_held;
	u64 used;
	u32 free[SLOTS];
	u32 nr_free;
};

static u32 draw(struct truth *truth, u32 below)
{
	return prandom_u32_state(&truth->random) % below;
}

/* Mostly near each other, so that trees are full and ranges meet. */
static u64 any_block(struct truth *truth)
{
	return draw(truth, 4) ? 200 + draw(truth, 120) : draw(truth, BLOCKS);
}

static int map_test_init(struct kunit *test)
{
	struct truth *truth = kunit_kzalloc(test, sizeof(*truth), GFP_KERNEL);
	struct remap_span *spans = kvcalloc(SPANS, sizeof(*spans), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, truth);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, spans);
	KUNIT_ASSERT_EQ(test, remap_map_init(&truth->map, BLOCKS, BLOCK_SHIFT), 0);
	truth->map.spans = spans;
	truth->map.nr_spans = SPANS;
	for (i = 0; i < SPANS; i++) {
		spans[i].slots = kunit_kcalloc(test, REMAP_SPAN_SLOTS, sizeof(*spans[i].slots),
					       GFP_KERNEL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, spans[i].slots);
	}
	for (i = SLOTS - 1; i; i--)
		truth->free[truth->nr_free++] = i;
	prandom_seed_state(&truth->random, seed);
	test->priv = truth;
	return 0;
}

static void map_test_exit(struct kunit *test)
{
	struct truth *truth = test->priv;

	if (truth)
		remap_map_destroy(&truth->map);
}

static void remap_block(struct kunit *test, u64 block)
{
	struct truth *truth = test->priv;
	u32 number = truth->free[--truth->nr_free], replaced;
	struct remap_slot *slot = remap_map_slot(&truth->map, number);

	slot->place = block;
	slot->valid = number;
	spin_lock(&truth->map.lock);
	replaced = remap_map_replace(&truth->map, number);
	spin_unlock(&truth->map.lock);
	KUNIT_ASSERT_EQ(test, replaced, truth->number[block]);
	if (replaced)
		truth->free[truth->nr_free++] = replaced;
	else
		truth->used++;
	truth->number[block] = number;
}

static void release_block(struct kunit *test, u64 block)
{
	struct truth *truth = test->priv;
	u32 removed;

	spin_lock(&truth->map.lock);
	removed = remap_map_remove(&truth->map, block);
	spin_unlock(&truth->map.lock);
	KUNIT_ASSERT_EQ(test, removed, truth->number[block]);
	if (!removed)
		return;
	truth->free[truth->nr_free++] = removed;
	truth->number[block] = 0;
	truth->used--;
}

static void hold_or_let_go(struct truth *truth)
{
	if (truth->nr_held) {
		remap_map_unhold(&truth->map);
		truth->nr_held = 0;
		return;
	}
	truth->nr_held = 1 + draw(truth, REMAP_BATCH);
	for (u32 i = 0; i < truth->nr_held; i++)
		truth->held[i] = any_block(truth);
	remap_map_hold(&truth->map, truth->held, truth->nr_held);
}

static bool is_held(struct truth *truth, u64 block)
{
	for (u32 i = 0; i < truth->nr_held; i++)
		if (truth->held[i] == block)
			return true;
	return false;
}

static void look(struct kunit *test, u64 first, u64 last)
{
	struct truth *truth = test->priv;
	struct remap_special special;
	u64 block;
	u32 sectors = (last - first + 1) << BLOCK_SHIFT;

	for (block = first; block <= last; block++)
		if (truth->number[block] || truth->pending[block] || is_held(truth, block))
			break;
	remap_map_look(&truth->map, first, last, &special);
	if (block > last) {
		KUNIT_ASSERT_TRUE(test, special.block == REMAP_NO_BLOCK || special.block > last);
		return;
	}
	KUNIT_ASSERT_EQ(test, special.block, block);
	KUNIT_ASSERT_EQ(test, special.number, truth->number[block]);
	KUNIT_ASSERT_EQ(test, special.pending, truth->pending[block]);
	KUNIT_ASSERT_EQ(test, special.held, is_held(truth, block));
	KUNIT_ASSERT_FALSE(test, remap_map_is_plain(&truth->map, first << BLOCK_SHIFT, sectors));
	if (special.number)
		KUNIT_ASSERT_EQ(test, special.valid, special.number);
}

static void find(struct kunit *test, u64 first)
{
	struct truth *truth = test->priv;
	u64 block = first;

	while (block < BLOCKS && !truth->number[block])
		block++;
	KUNIT_ASSERT_EQ(test, remap_map_find(&truth->map, first), truth->number[first]);
	KUNIT_ASSERT_EQ(test, remap_map_find_from(&truth->map, first, BLOCKS - 1),
			block < BLOCKS ? truth->number[block] : 0);
}

static void it_says_what_an_array_would_say(struct kunit *test)
{
	struct truth *truth = test->priv;

	kunit_info(test, "seed %u", seed);
	for (u32 step = 0; step < STEPS; step++) {
		u64 block = any_block(truth), last;

		switch (draw(truth, 8)) {
		case 0:
		case 1:
			remap_block(test, block);
			break;
		case 2:
			release_block(test, block);
			break;
		case 3:
			KUNIT_ASSERT_EQ(test, remap_pending_set(&truth->map, block),
					!truth->pending[block]);
			truth->pending[block] = true;
			break;
		case 4:
			KUNIT_ASSERT_EQ(test, remap_pending_clear(&truth->map, block),
					truth->pending[block]);
			truth->pending[block] = false;
			break;
		case 5:
			hold_or_let_go(truth);
			break;
		default:
			last = min_t(u64, block + draw(truth, 600), BLOCKS - 1);
			look(test, block, draw(truth, 2) ? block : last);
			find(test, block);
		}
		KUNIT_ASSERT_EQ(test, truth->map.used, truth->used);
	}
}

static void with_nothing_special_left_it_is_plain(struct kunit *test)
{
	struct truth *truth = test->priv;
	u64 block;

	for (block = 0; block < BLOCKS; block += 3) {
		remap_block(test, block);
		remap_pending_set(&truth->map, block + 1);
	}
	KUNIT_EXPECT_EQ(test, truth->map.used, (BLOCKS + 2) / 3);
	for (block = 0; block < BLOCKS; block += 3) {
		release_block(test, block);
		remap_pending_clear(&truth->map, block + 1);
	}
	KUNIT_EXPECT_EQ(test, truth->map.used, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&truth->map.nr_pending), 0);
	KUNIT_EXPECT_TRUE(test, remap_map_is_plain(&truth->map, 0, BLOCKS << BLOCK_SHIFT));
}

static void ascending_blocks_make_no_deep_tree(struct kunit *test)
{
	struct truth *truth = test->priv;
	u32 deepest = 0;
	u64 block;

	for (block = 0; block < BLOCKS; block++)
		remap_block(test, block);
	for (block = 0; block < BLOCKS; block++) {
		u32 number = remap_root(&truth->map, block >> truth->map.region_shift), depth = 0;

		while (number && number != truth->number[block]) {
			struct remap_slot *slot = remap_map_slot(&truth->map, number);

			number = slot->link[block > remap_slot_block(slot)];
			depth++;
		}
		KUNIT_ASSERT_NE(test, number, 0);
		deepest = max(deepest, depth);
	}
	KUNIT_EXPECT_LT(test, deepest, REMAP_DEPTH_LIMIT / 4);
}

static void marks_do_not_hide_a_block(struct kunit *test)
{
	struct truth *truth = test->priv;
	struct remap_special special;

	remap_block(test, 77);
	spin_lock(&truth->map.lock);
	remap_map_set_marks(&truth->map, truth->number[77], REMAP_UNSURE);
	remap_map_set_valid(&truth->map, truth->number[77], 0x5);
	spin_unlock(&truth->map.lock);
	remap_map_look(&truth->map, 70, 80, &special);
	KUNIT_EXPECT_EQ(test, special.block, 77);
	KUNIT_EXPECT_EQ(test, special.valid, 0x5);
	KUNIT_EXPECT_TRUE(test, special.unsure);
	release_block(test, 77);
}

static struct kunit_case map_cases[] = {
	KUNIT_CASE(it_says_what_an_array_would_say),
	KUNIT_CASE(with_nothing_special_left_it_is_plain),
	KUNIT_CASE(ascending_blocks_make_no_deep_tree),
	KUNIT_CASE(marks_do_not_hide_a_block),
	{}
};

static struct kunit_suite map_suite = {
	.name = "dm-remap-map",
	.init = map_test_init,
	.exit = map_test_exit,
	.test_cases = map_cases,
};

kunit_test_suite(map_suite);
