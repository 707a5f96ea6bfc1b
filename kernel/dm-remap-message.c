// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages: what user space asks a running target to do.
 */
#include <linux/sched/signal.h>

#include "dm-remap.h"
#include "dm-remap-sysfs.h"

#define REMAP_LIST_LIMIT	256

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

static struct remap_lease *remap_find_lease(struct remap_target *rt, const char *text)
{
	struct remap_lease *lease;
	uuid_t uuid;

	if (strlen(text) != UUID_STRING_LEN || uuid_parse(text, &uuid))
		return NULL;
	list_for_each_entry(lease, &rt->leases, list)
		if (uuid_equal(&lease->uuid, &uuid))
			return lease;
	return NULL;
}

/* Two words: a range in sectors that lies within the target. */
static int remap_parse_range(struct dm_target *ti, char **argv, u64 *sector, u64 *sectors)
{
	if (kstrtou64(argv[0], 10, sector) || kstrtou64(argv[1], 10, sectors))
		return -EINVAL;
	if (!*sectors || *sector >= ti->len || *sectors > ti->len - *sector)
		return -ERANGE;
	return 0;
}

static int remap_message_remap(struct dm_target *ti, char **argv, char *result,
			       unsigned int maxlen)
{
	struct remap_table *t = ti->private;
	unsigned int sz = 0;
	u64 sector, sectors;
	s64 moved;
	int r;

	r = remap_parse_range(ti, argv + 1, &sector, &sectors);
	if (r)
		return r;
	moved = remap_move_wait(t, sector >> t->rt->block_shift,
				(sector + sectors - 1) >> t->rt->block_shift);
	if (moved < 0)
		return moved;
	DMEMIT("%lld", moved);
	return 1;
}

static int remap_message_release(struct dm_target *ti, struct remap_target *rt, unsigned int argc,
				 char **argv)
{
	u64 sector = 0, sectors = ti->len;
	int r;

	if (argc == 3) {
		r = remap_parse_range(ti, argv + 1, &sector, &sectors);
		if (r)
			return r;
	} else if (argc != 2 || strcasecmp(argv[1], "all")) {
		return -EINVAL;
	}
	return remap_job_release(rt, sector >> rt->block_shift,
				 (sector + sectors - 1) >> rt->block_shift);
}

static int remap_message_evacuate(struct remap_target *rt, unsigned int argc, char **argv)
{
	struct remap_lease *lease;

	if (argc != 2)
		return -EINVAL;
	lease = remap_find_lease(rt, argv[1]);
	return lease ? remap_job_evacuate(rt, lease) : -ENOENT;
}

static int remap_message_migrate(struct dm_target *ti, struct remap_target *rt, unsigned int argc,
				 char **argv)
{
	struct remap_lease *lease;
	u64 sector, sectors;
	int r;

	if (argc != 4)
		return -EINVAL;
	r = remap_parse_range(ti, argv + 1, &sector, &sectors);
	if (r)
		return r;
	lease = remap_find_lease(rt, argv[3]);
	if (!lease)
		return -ENOENT;
	return remap_job_migrate(rt, sector >> rt->block_shift,
				 (sector + sectors - 1) >> rt->block_shift, lease);
}

/* scrub start [<first sector> <number of sectors>] [rate <KiB/s>] */
static int remap_message_scrub_start(struct dm_target *ti, struct remap_target *rt,
				     unsigned int argc, char **argv)
{
	u64 sector = 0, sectors = ti->len;
	u32 rate = REMAP_SCRUB_RATE;
	int r;

	if (argc >= 2 && strcasecmp(argv[argc - 2], "rate") == 0) {
		if (kstrtou32(argv[argc - 1], 10, &rate) || !rate || rate > REMAP_SCRUB_MAX_RATE)
			return -EINVAL;
		argc -= 2;
	}
	if (argc == 2) {
		r = remap_parse_range(ti, argv, &sector, &sectors);
		if (r)
			return r;
	} else if (argc) {
		return -EINVAL;
	}
	return remap_scrub_start(rt, sector, sectors, rate);
}

static int remap_message_scrub(struct dm_target *ti, struct remap_target *rt, unsigned int argc,
			       char **argv)
{
	if (argc >= 2 && !strcasecmp(argv[1], "start"))
		return remap_message_scrub_start(ti, rt, argc - 2, argv + 2);
	if (argc != 2)
		return -EINVAL;
	if (!strcasecmp(argv[1], "pause"))
		return remap_scrub_pause(rt);
	if (!strcasecmp(argv[1], "resume"))
		return remap_scrub_resume(rt);
	if (!strcasecmp(argv[1], "stop"))
		return remap_scrub_stop(rt);
	return -EINVAL;
}

static int remap_message_reset(struct remap_target *rt)
{
	remap_sysfs_reset(rt);
	return 0;
}

static int remap_message_help(char *result, unsigned int maxlen)
{
	unsigned int sz = 0;

	DMEMIT("remap <first sector> <number of sectors>\n");
	DMEMIT("release <first sector> <number of sectors>|all\n");
	DMEMIT("evacuate <lease UUID>\n");
	DMEMIT("migrate <first sector> <number of sectors> <lease UUID>\n");
	DMEMIT("cancel\n");
	DMEMIT("scrub start [<first sector> <number of sectors>] [rate <KiB/s>]\n");
	DMEMIT("scrub pause|resume|stop\n");
	DMEMIT("list [<first block> [<count>]]\n");
	DMEMIT("pending [<first block> [<count>]]\n");
	DMEMIT("stats reset\n");
	DMEMIT("help\n");
	return 1;
}

/* list and pending: at most two numbers. */
static int remap_message_page(struct remap_target *rt, unsigned int argc, char **argv,
			      char *result, unsigned int maxlen)
{
	u64 first = 0, count = REMAP_LIST_LIMIT;

	if (argc > 3 || (argc > 1 && kstrtou64(argv[1], 10, &first)) ||
	    (argc > 2 && kstrtou64(argv[2], 10, &count)))
		return -EINVAL;
	count = min_t(u64, count, REMAP_LIST_LIMIT);
	if (!strcasecmp(argv[0], "list"))
		return remap_message_list(rt, first, count, result, maxlen);
	return remap_message_pending(rt, first, count, result, maxlen);
}

static int remap_message_act(struct dm_target *ti, unsigned int argc, char **argv, char *result,
			     unsigned int maxlen)
{
	struct remap_table *t = ti->private;
	struct remap_target *rt = t->rt;

	if (rt->table != t || dm_suspended(ti))
		return -EAGAIN;
	if (!strcasecmp(argv[0], "remap") && argc == 3)
		return remap_message_remap(ti, argv, result, maxlen);
	if (!strcasecmp(argv[0], "release"))
		return remap_message_release(ti, rt, argc, argv);
	if (!strcasecmp(argv[0], "evacuate"))
		return remap_message_evacuate(rt, argc, argv);
	if (!strcasecmp(argv[0], "migrate"))
		return remap_message_migrate(ti, rt, argc, argv);
	if (!strcasecmp(argv[0], "cancel") && argc == 1)
		return remap_job_cancel(rt);
	if (!strcasecmp(argv[0], "scrub"))
		return remap_message_scrub(ti, rt, argc, argv);
	return -EINVAL;
}

int remap_message(struct dm_target *ti, unsigned int argc, char **argv, char *result,
		  unsigned int maxlen)
{
	struct remap_table *t = ti->private;
	int r;

	if (!strcasecmp(argv[0], "help") && argc == 1)
		return remap_message_help(result, maxlen);
	if (!strcasecmp(argv[0], "stats") && argc == 2 && !strcasecmp(argv[1], "reset"))
		return remap_message_reset(t->rt);
	if (!strcasecmp(argv[0], "list") || !strcasecmp(argv[0], "pending"))
		r = remap_message_page(t->rt, argc, argv, result, maxlen);
	else
		r = remap_message_act(ti, argc, argv, result, maxlen);
	if (r == -EINVAL)
		DMERR("unknown message, or wrong arguments: %s (try help)", argv[0]);
	return r;
}
