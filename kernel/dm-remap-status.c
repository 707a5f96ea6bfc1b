// SPDX-License-Identifier: GPL-2.0-only
/*
 * What dmsetup status, dmsetup table and the integrity measurement show.
 */
#include "dm-remap.h"

int remap_job_word(const struct remap_job *job, char *buf, size_t size)
{
	if (!job->kind)
		return scnprintf(buf, size, "-");
	return scnprintf(buf, size, "%s:%s:%llu/%llu:%llu", remap_job_name(job),
			 remap_job_state_name(job), job->done, job->total, job->failed);
}

int remap_scrub_word(const struct remap_scrub *scrub, char *buf, size_t size)
{
	if (!scrub->state)
		return scnprintf(buf, size, "-");
	return scnprintf(buf, size, "scrub:%s:%llu/%llu:%llu", remap_scrub_state_name(scrub->state),
			 min(scrub->segment, scrub->nr_segments), scrub->nr_segments,
			 scrub->found);
}

const char *remap_lease_state_name(const struct remap_lease *lease)
{
	if (lease->failed)
		return "failed";
	return lease->used + lease->retired == lease->nr_blocks ? "full" : "ok";
}

static void remap_status_info(struct remap_target *rt, char *result, unsigned int maxlen)
{
	char word[REMAP_WORD_BYTES];
	struct remap_lease *lease;
	unsigned int sz = 0;
	u64 total = 0;

	spin_lock(&rt->map.lock);
	list_for_each_entry(lease, &rt->leases, list)
		total += lease->nr_blocks;
	DMEMIT("%s %llu %u %llu/%llu %d %lld %lld %lld %lld %lld %u",
	       remap_mode_name(rt->mode), rt->generation, rt->block_sectors, rt->map.used, total,
	       atomic_read(&rt->map.nr_pending), (s64)atomic64_read(&rt->read_errors),
	       (s64)atomic64_read(&rt->write_errors), (s64)atomic64_read(&rt->remaps),
	       (s64)atomic64_read(&rt->remap_failures), (s64)atomic64_read(&rt->metadata_errors),
	       rt->nr_leases);
	list_for_each_entry(lease, &rt->leases, list)
		DMEMIT(" %pUb %u:%u %llu %u/%u %u %u %s", &lease->uuid, MAJOR(lease->dev),
		       MINOR(lease->dev), (u64)lease->offset, lease->used, lease->nr_blocks,
		       lease->retired, lease->errors, remap_lease_state_name(lease));
	remap_job_word(&rt->job, word, sizeof(word));
	DMEMIT(" %s", word);
	remap_scrub_word(&rt->scrub, word, sizeof(word));
	DMEMIT(" %s", word);
	spin_unlock(&rt->map.lock);
}

static void remap_status_table(struct dm_target *ti, char *result, unsigned int maxlen)
{
	struct remap_table *t = ti->private;
	unsigned int sz = 0, nr_options;
	u32 i;

	DMEMIT("%s %llu %u %pUb %llu %u", t->main->name, (u64)t->main_offset,
	       t->rt->block_sectors, &t->rt->uuid, t->generation, t->nr_grants);
	for (i = 0; i < t->nr_grants; i++)
		DMEMIT(" %s %llu %llu", t->grants[i].dev->name, (u64)t->grants[i].offset,
		       (u64)t->grants[i].length);
	nr_options = 2 * t->read_retries_given + 3 * !!t->fail_limit;
	if (nr_options)
		DMEMIT(" %u", nr_options);
	if (t->read_retries_given)
		DMEMIT(" read_retries %u", t->read_retries);
	if (t->fail_limit)
		DMEMIT(" fail_limit %u %u", t->fail_limit, t->fail_seconds);
}

static void remap_status_ima(struct dm_target *ti, char *result, unsigned int maxlen)
{
	struct remap_table *t = ti->private;
	unsigned int sz = 0;
	u32 i;

	DMEMIT_TARGET_NAME_VERSION(ti->type);
	DMEMIT(",target_uuid=%pUb,generation=%llu,block_size=%u,device_name=%s,start=%llu",
	       &t->rt->uuid, t->generation, t->rt->block_sectors, t->main->name,
	       (u64)t->main_offset);
	DMEMIT(",read_retries=%u", t->read_retries);
	if (t->fail_limit)
		DMEMIT(",fail_limit=%u,fail_seconds=%u", t->fail_limit, t->fail_seconds);
	DMEMIT(",nr_leases=%u", t->nr_grants);
	/* Last, since what is measured of a target is cut at 2 KiB. */
	for (i = 0; i < t->nr_grants; i++)
		DMEMIT(",lease_%u_device_name=%s,lease_%u_start=%llu,lease_%u_len=%llu",
		       i, t->grants[i].dev->name, i, (u64)t->grants[i].offset,
		       i, (u64)t->grants[i].length);
	DMEMIT(";");
}

void remap_status(struct dm_target *ti, status_type_t type, unsigned int flags, char *result,
		  unsigned int maxlen)
{
	struct remap_table *t = ti->private;

	switch (type) {
	case STATUSTYPE_INFO:
		remap_status_info(t->rt, result, maxlen);
		break;
	case STATUSTYPE_TABLE:
		remap_status_table(ti, result, maxlen);
		break;
	case STATUSTYPE_IMA:
		remap_status_ima(ti, result, maxlen);
		break;
	}
}
