// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/dm_remap.
 *
 * Removal of a directory waits until nobody is in one of its show functions,
 * and an open file fails from then on. So the show functions may use the
 * target, and must not take rt->lock or the lock that tables come and go
 * under. A lease may go while its directory is there: it is looked up.
 */
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "dm-remap.h"
#include "dm-remap-sysfs.h"

struct remap_dir {
	struct kobject kobj;
	struct completion released;
	struct list_head list;
	struct remap_target *rt;
	uuid_t uuid;
};

struct remap_sysfs {
	struct remap_dir *target;
	struct kobject *leases;
	struct list_head lease_dirs;
	struct list_head list;
	struct remap_target *rt;
};

static struct kobject *remap_top;
static const struct target_type *remap_type;

/* Guards the targets that count in the totals, and what those had that have gone. */
static DEFINE_SPINLOCK(remap_totals_lock);
static LIST_HEAD(remap_counted);

static const size_t remap_counters[] = {
	offsetof(struct remap_target, read_errors),
	offsetof(struct remap_target, write_errors),
	offsetof(struct remap_target, remaps),
	offsetof(struct remap_target, remap_failures),
	offsetof(struct remap_target, metadata_errors),
};

enum { READ_ERRORS, WRITE_ERRORS, REMAPS, REMAP_FAILURES, METADATA_ERRORS };

static s64 remap_gone[ARRAY_SIZE(remap_counters)];

static atomic64_t *remap_counter(struct remap_target *rt, unsigned int nr)
{
	return (void *)rt + remap_counters[nr];
}

void remap_sysfs_reset(struct remap_target *rt)
{
	unsigned int i;

	spin_lock(&remap_totals_lock);
	for (i = 0; i < ARRAY_SIZE(remap_counters); i++)
		remap_gone[i] += atomic64_xchg(remap_counter(rt, i), 0);
	spin_unlock(&remap_totals_lock);
}

/* The files of a target. */

struct remap_attr {
	struct attribute attr;
	ssize_t (*show)(struct remap_target *rt, unsigned int nr, char *buf);
	unsigned int nr;
};

static ssize_t remap_show_name(struct remap_target *rt, unsigned int nr, char *buf)
{
	char name[DM_NAME_LEN];
	int r = dm_copy_name_and_uuid(rt->md, name, NULL);

	return r ?: sysfs_emit(buf, "%s\n", name);
}

static ssize_t remap_show_main(struct remap_target *rt, unsigned int nr, char *buf)
{
	dev_t dev = READ_ONCE(rt->main_dev);

	return sysfs_emit(buf, "%u:%u\n", MAJOR(dev), MINOR(dev));
}

static ssize_t remap_show_mode(struct remap_target *rt, unsigned int nr, char *buf)
{
	return sysfs_emit(buf, "%s\n", remap_mode_name(READ_ONCE(rt->mode)));
}

static ssize_t remap_show_generation(struct remap_target *rt, unsigned int nr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", READ_ONCE(rt->generation));
}

static ssize_t remap_show_block_sectors(struct remap_target *rt, unsigned int nr, char *buf)
{
	return sysfs_emit(buf, "%u\n", rt->block_sectors);
}

static ssize_t remap_show_used_blocks(struct remap_target *rt, unsigned int nr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", READ_ONCE(rt->map.used));
}

static ssize_t remap_show_total_blocks(struct remap_target *rt, unsigned int nr, char *buf)
{
	struct remap_lease *lease;
	u64 total = 0;

	spin_lock(&rt->map.lock);
	list_for_each_entry(lease, &rt->leases, list)
		total += lease->nr_blocks;
	spin_unlock(&rt->map.lock);
	return sysfs_emit(buf, "%llu\n", total);
}

static ssize_t remap_show_pending(struct remap_target *rt, unsigned int nr, char *buf)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&rt->map.nr_pending));
}

static ssize_t remap_show_job(struct remap_target *rt, unsigned int nr, char *buf)
{
	char text[REMAP_WORD_BYTES];

	spin_lock(&rt->map.lock);
	remap_job_word(&rt->job, text, sizeof(text));
	spin_unlock(&rt->map.lock);
	return sysfs_emit(buf, "%s\n", text);
}

static ssize_t remap_show_scrub(struct remap_target *rt, unsigned int nr, char *buf)
{
	char text[REMAP_WORD_BYTES];

	remap_scrub_word(&rt->scrub, text, sizeof(text));
	return sysfs_emit(buf, "%s\n", text);
}

static ssize_t remap_show_counter(struct remap_target *rt, unsigned int nr, char *buf)
{
	return sysfs_emit(buf, "%lld\n", (s64)atomic64_read(remap_counter(rt, nr)));
}

#define REMAP_FILE(_name, _show, _nr)					\
	static struct remap_attr remap_file_##_name = {			\
		.attr = { .name = #_name, .mode = 0444 },		\
		.show = _show,						\
		.nr = _nr,						\
	}

REMAP_FILE(name, remap_show_name, 0);
REMAP_FILE(main, remap_show_main, 0);
REMAP_FILE(mode, remap_show_mode, 0);
REMAP_FILE(generation, remap_show_generation, 0);
REMAP_FILE(block_sectors, remap_show_block_sectors, 0);
REMAP_FILE(used_blocks, remap_show_used_blocks, 0);
REMAP_FILE(total_blocks, remap_show_total_blocks, 0);
REMAP_FILE(pending, remap_show_pending, 0);
REMAP_FILE(job, remap_show_job, 0);
REMAP_FILE(scrub, remap_show_scrub, 0);
REMAP_FILE(read_errors, remap_show_counter, READ_ERRORS);
REMAP_FILE(write_errors, remap_show_counter, WRITE_ERRORS);
REMAP_FILE(remaps, remap_show_counter, REMAPS);
REMAP_FILE(remap_failures, remap_show_counter, REMAP_FAILURES);
REMAP_FILE(metadata_errors, remap_show_counter, METADATA_ERRORS);

static struct attribute *remap_target_attrs[] = {
	&remap_file_name.attr,
	&remap_file_main.attr,
	&remap_file_mode.attr,
	&remap_file_generation.attr,
	&remap_file_block_sectors.attr,
	&remap_file_used_blocks.attr,
	&remap_file_total_blocks.attr,
	&remap_file_pending.attr,
	&remap_file_job.attr,
	&remap_file_scrub.attr,
	&remap_file_read_errors.attr,
	&remap_file_write_errors.attr,
	&remap_file_remaps.attr,
	&remap_file_remap_failures.attr,
	&remap_file_metadata_errors.attr,
	NULL
};
ATTRIBUTE_GROUPS(remap_target);

static ssize_t remap_target_show(struct kobject *kobj, struct attribute *attr, char *buf)
{
	struct remap_attr *file = container_of(attr, struct remap_attr, attr);
	struct remap_dir *dir = container_of(kobj, struct remap_dir, kobj);

	return file->show(dir->rt, file->nr, buf);
}

/* The files of a lease. */

struct remap_lease_attr {
	struct attribute attr;
	ssize_t (*show)(const struct remap_lease *lease, char *buf);
};

static ssize_t remap_show_lease_device(const struct remap_lease *lease, char *buf)
{
	return sysfs_emit(buf, "%u:%u\n", MAJOR(lease->dev), MINOR(lease->dev));
}

static ssize_t remap_show_lease_used(const struct remap_lease *lease, char *buf)
{
	return sysfs_emit(buf, "%u\n", lease->used);
}

static ssize_t remap_show_lease_total(const struct remap_lease *lease, char *buf)
{
	return sysfs_emit(buf, "%u\n", lease->nr_blocks);
}

static ssize_t remap_show_lease_retired(const struct remap_lease *lease, char *buf)
{
	return sysfs_emit(buf, "%u\n", lease->retired);
}

static ssize_t remap_show_lease_errors(const struct remap_lease *lease, char *buf)
{
	return sysfs_emit(buf, "%u\n", lease->errors);
}

static ssize_t remap_show_lease_state(const struct remap_lease *lease, char *buf)
{
	return sysfs_emit(buf, "%s\n", remap_lease_state_name(lease));
}

#define REMAP_LEASE_FILE(_name)						\
	static struct remap_lease_attr remap_lease_file_##_name = {	\
		.attr = { .name = #_name, .mode = 0444 },		\
		.show = remap_show_lease_##_name,			\
	}

REMAP_LEASE_FILE(device);
REMAP_LEASE_FILE(used);
REMAP_LEASE_FILE(total);
REMAP_LEASE_FILE(retired);
REMAP_LEASE_FILE(errors);
REMAP_LEASE_FILE(state);

static struct attribute *remap_lease_attrs[] = {
	&remap_lease_file_device.attr,
	&remap_lease_file_used.attr,
	&remap_lease_file_total.attr,
	&remap_lease_file_retired.attr,
	&remap_lease_file_errors.attr,
	&remap_lease_file_state.attr,
	NULL
};
ATTRIBUTE_GROUPS(remap_lease);

static ssize_t remap_lease_show(struct kobject *kobj, struct attribute *attr, char *buf)
{
	struct remap_lease_attr *file = container_of(attr, struct remap_lease_attr, attr);
	struct remap_dir *dir = container_of(kobj, struct remap_dir, kobj);
	struct remap_lease *lease;
	ssize_t r = -ENODEV; /* granted by a table that is not resumed yet */

	spin_lock(&dir->rt->map.lock);
	list_for_each_entry(lease, &dir->rt->leases, list) {
		if (uuid_equal(&lease->uuid, &dir->uuid)) {
			r = file->show(lease, buf);
			break;
		}
	}
	spin_unlock(&dir->rt->map.lock);
	return r;
}

/* Directories. */

static void remap_dir_release(struct kobject *kobj)
{
	complete(&container_of(kobj, struct remap_dir, kobj)->released);
}

static const struct sysfs_ops remap_target_sysfs_ops = { .show = remap_target_show };

static struct kobj_type remap_target_ktype = {
	.release = remap_dir_release,
	.sysfs_ops = &remap_target_sysfs_ops,
	.default_groups = remap_target_groups,
};

static const struct sysfs_ops remap_lease_sysfs_ops = { .show = remap_lease_show };

static struct kobj_type remap_lease_ktype = {
	.release = remap_dir_release,
	.sysfs_ops = &remap_lease_sysfs_ops,
	.default_groups = remap_lease_groups,
};

static void remap_dir_free(struct remap_dir *dir)
{
	kobject_put(&dir->kobj);
	wait_for_completion(&dir->released);
	kfree(dir);
}

static void remap_dir_remove(struct remap_dir *dir)
{
	kobject_del(&dir->kobj); /* waits for those who read */
	remap_dir_free(dir);
}

static struct remap_dir *remap_dir_new(struct remap_target *rt, const uuid_t *uuid,
				       struct kobj_type *type, struct kobject *parent)
{
	struct remap_dir *dir = kzalloc(sizeof(*dir), GFP_KERNEL);
	int r;

	if (!dir)
		return ERR_PTR(-ENOMEM);
	init_completion(&dir->released);
	dir->rt = rt;
	uuid_copy(&dir->uuid, uuid);
	r = kobject_init_and_add(&dir->kobj, type, parent, "%pUb", uuid);
	if (!r)
		return dir;
	remap_dir_free(dir);
	return ERR_PTR(r);
}

static struct remap_dir *remap_lease_dir(struct remap_sysfs *sysfs, const uuid_t *uuid)
{
	struct remap_dir *dir;

	list_for_each_entry(dir, &sysfs->lease_dirs, list)
		if (uuid_equal(&dir->uuid, uuid))
			return dir;
	return NULL;
}

static int remap_sysfs_add_lease(struct remap_target *rt, const uuid_t *uuid)
{
	struct remap_sysfs *sysfs = rt->sysfs;
	struct remap_dir *dir;

	if (remap_lease_dir(sysfs, uuid))
		return 0;
	dir = remap_dir_new(rt, uuid, &remap_lease_ktype, sysfs->leases);
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	list_add_tail(&dir->list, &sysfs->lease_dirs);
	return 0;
}

static int remap_sysfs_add_target(struct remap_target *rt)
{
	struct remap_sysfs *sysfs = kzalloc(sizeof(*sysfs), GFP_KERNEL);
	int r = -ENOMEM;

	if (!sysfs)
		return r;
	INIT_LIST_HEAD(&sysfs->lease_dirs);
	sysfs->rt = rt;
	sysfs->target = remap_dir_new(rt, &rt->uuid, &remap_target_ktype, remap_top);
	if (IS_ERR(sysfs->target)) {
		r = PTR_ERR(sysfs->target);
		goto bad;
	}
	sysfs->leases = kobject_create_and_add("leases", &sysfs->target->kobj);
	if (!sysfs->leases) {
		remap_dir_remove(sysfs->target);
		goto bad;
	}
	rt->sysfs = sysfs;
	spin_lock(&remap_totals_lock);
	list_add(&sysfs->list, &remap_counted);
	spin_unlock(&remap_totals_lock);
	return 0;
bad:
	kfree(sysfs);
	return r;
}

int remap_sysfs_add(struct remap_table *t)
{
	int r = 0;
	u32 i;

	if (!t->rt->sysfs)
		r = remap_sysfs_add_target(t->rt);
	for (i = 0; !r && i < t->nr_grants; i++)
		r = remap_sysfs_add_lease(t->rt, &t->grants[i].lease->uuid);
	return r;
}

static bool remap_is_granted(struct remap_target *rt, const uuid_t *uuid)
{
	struct remap_table *loading = rt->loading;
	struct remap_lease *lease;
	u32 i;

	list_for_each_entry(lease, &rt->leases, list)
		if (uuid_equal(&lease->uuid, uuid))
			return true;
	for (i = 0; loading && i < loading->nr_grants; i++)
		if (loading->grants[i].lease && uuid_equal(&loading->grants[i].lease->uuid, uuid))
			return true;
	return false;
}

void remap_sysfs_prune(struct remap_target *rt)
{
	struct remap_dir *dir, *next;
	LIST_HEAD(gone);

	if (!rt->sysfs)
		return;
	mutex_lock(&rt->lock);
	list_for_each_entry_safe(dir, next, &rt->sysfs->lease_dirs, list)
		if (!remap_is_granted(rt, &dir->uuid))
			list_move(&dir->list, &gone);
	mutex_unlock(&rt->lock);
	list_for_each_entry_safe(dir, next, &gone, list)
		remap_dir_remove(dir);
}

void remap_sysfs_remove(struct remap_target *rt)
{
	struct remap_sysfs *sysfs = rt->sysfs;
	struct remap_dir *dir, *next;

	if (!sysfs)
		return;
	list_for_each_entry_safe(dir, next, &sysfs->lease_dirs, list)
		remap_dir_remove(dir);
	kobject_del(sysfs->leases);
	kobject_put(sysfs->leases);
	remap_dir_remove(sysfs->target);
	remap_sysfs_reset(rt);
	spin_lock(&remap_totals_lock);
	list_del(&sysfs->list);
	spin_unlock(&remap_totals_lock);
	rt->sysfs = NULL;
	kfree(sysfs);
}

/* The files at the top. */

struct remap_total {
	struct kobj_attribute attr;
	unsigned int nr;
};

static ssize_t version_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u.%u.%u\n", remap_type->version[0], remap_type->version[1],
			  remap_type->version[2]);
}

static ssize_t targets_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct remap_sysfs *sysfs;
	unsigned int nr = 0;

	spin_lock(&remap_totals_lock);
	list_for_each_entry(sysfs, &remap_counted, list)
		nr++;
	spin_unlock(&remap_totals_lock);
	return sysfs_emit(buf, "%u\n", nr);
}

static ssize_t remap_total_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	unsigned int nr = container_of(attr, struct remap_total, attr)->nr;
	struct remap_sysfs *sysfs;
	s64 total;

	spin_lock(&remap_totals_lock);
	total = remap_gone[nr];
	list_for_each_entry(sysfs, &remap_counted, list)
		total += atomic64_read(remap_counter(sysfs->rt, nr));
	spin_unlock(&remap_totals_lock);
	return sysfs_emit(buf, "%lld\n", total);
}

static struct kobj_attribute remap_version_file = __ATTR_RO(version);
static struct kobj_attribute remap_targets_file = __ATTR_RO(targets);

#define REMAP_TOTAL(_name, _nr)						\
	static struct remap_total remap_total_##_name = {		\
		.attr = __ATTR(_name, 0444, remap_total_show, NULL),	\
		.nr = _nr,						\
	}

REMAP_TOTAL(read_errors, READ_ERRORS);
REMAP_TOTAL(write_errors, WRITE_ERRORS);
REMAP_TOTAL(remaps, REMAPS);
REMAP_TOTAL(remap_failures, REMAP_FAILURES);
REMAP_TOTAL(metadata_errors, METADATA_ERRORS);

static struct attribute *remap_top_attrs[] = {
	&remap_version_file.attr,
	&remap_targets_file.attr,
	&remap_total_read_errors.attr.attr,
	&remap_total_write_errors.attr.attr,
	&remap_total_remaps.attr.attr,
	&remap_total_remap_failures.attr.attr,
	&remap_total_metadata_errors.attr.attr,
	NULL
};
ATTRIBUTE_GROUPS(remap_top);

int remap_sysfs_init(const struct target_type *type)
{
	int r;

	remap_type = type;
	remap_top = kobject_create_and_add("dm_remap", kernel_kobj);
	if (!remap_top)
		return -ENOMEM;
	r = sysfs_create_groups(remap_top, remap_top_groups);
	if (r)
		remap_sysfs_exit();
	return r;
}

void remap_sysfs_exit(void)
{
	kobject_del(remap_top); /* waits for those who read */
	kobject_put(remap_top);
}
