// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages: what user space asks a running target to do.
 */
#include <linux/sched/signal.h>

#include "dm-remap.h"

#define REMAP_LIST_LIMIT	256

static int remap_message_remap(struct dm_target *ti, u64 sector, u64 sectors, char *result,
			       unsigned int maxlen)
{
	struct remap_table *t = ti->private;
	unsigned int sz = 0;
	s64 moved;

	if (!sectors || sector >= ti->len || sectors > ti->len - sector)
		return -ERANGE;
	if (dm_suspended(ti))
		return -EAGAIN;
	moved = remap_move_wait(t, sector >> t->rt->block_shift,
				(sector + sectors - 1) >> t->rt->block_shift);
	if (moved < 0)
		return moved;
	DMEMIT("%lld", moved);
	return 1;
}

static u32 remap_lease_position(struct remap_target *rt, const struct remap_lease *lease)
{
	struct remap_lease *at;
	u32 position = 0;

	list_for_each_entry(at, &rt->leases, list) {
		if (at == lease)
			break;
		position++;
	}
	return position;
}

static int remap_message_list(struct remap_target *rt, u64 first, u64 count, char *result,
			      unsigned int maxlen)
{
	u64 last = rt->nr_blocks - 1;
	unsigned int sz = 0;
	u32 number;

	if (first > last)
		return 1;
	spin_lock(&rt->map.lock);
	for (number = remap_map_find_from(&rt->map, first, last); number;
	     number = first > last ? 0 : remap_map_find_from(&rt->map, first, last)) {
		struct remap_slot *slot = remap_map_slot(&rt->map, number);
		struct remap_lease *lease = remap_map_lease(&rt->map, number);
		u64 block = remap_slot_block(slot);

		if (!count--) {
			DMEMIT("next %llu\n", block);
			break;
		}
		DMEMIT("%llu %u %u %llx\n", block, remap_lease_position(rt, lease),
		       number - lease->base, slot->valid);
		first = block + 1;
	}
	spin_unlock(&rt->map.lock);
	return 1;
}

static int remap_message_pending(struct remap_target *rt, u64 first, u64 count, char *result,
				 unsigned int maxlen)
{
	unsigned int sz = 0;
	unsigned long block;
	void *entry;

	xa_for_each_start(&rt->map.pending, block, entry, first) {
		if (!count--) {
			DMEMIT("next %lu\n", block);
			break;
		}
		DMEMIT("%lu\n", block);
	}
	return 1;
}

static int remap_message_help(char *result, unsigned int maxlen)
{
	unsigned int sz = 0;

	DMEMIT("remap <first sector> <number of sectors>\n");
	DMEMIT("list [<first block> [<count>]]\n");
	DMEMIT("pending [<first block> [<count>]]\n");
	DMEMIT("help\n");
	return 1;
}

int remap_message(struct dm_target *ti, unsigned int argc, char **argv, char *result,
			 unsigned int maxlen)
{
	struct remap_table *t = ti->private;
	u64 first = 0, second = REMAP_LIST_LIMIT;
	bool numbers = argc <= 3;

	if (argc > 1 && kstrtou64(argv[1], 10, &first))
		numbers = false;
	if (argc > 2 && kstrtou64(argv[2], 10, &second))
		numbers = false;

	if (!strcasecmp(argv[0], "help") && argc == 1)
		return remap_message_help(result, maxlen);
	if (!strcasecmp(argv[0], "remap") && argc == 3 && numbers)
		return remap_message_remap(ti, first, second, result, maxlen);
	second = min_t(u64, second, REMAP_LIST_LIMIT);
	if (!strcasecmp(argv[0], "list") && numbers)
		return remap_message_list(t->rt, first, second, result, maxlen);
	if (!strcasecmp(argv[0], "pending") && numbers)
		return remap_message_pending(t->rt, first, second, result, maxlen);
	DMERR("unknown message, or wrong arguments: %s (try help)", argv[0]);
	return -EINVAL;
}
