// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks in memory that tell in which order things happened to them, for tests
 * of what a crash may leave.
 *
 *   crash-disk <number>           a disk; sectors of it can be broken
 *   crash-trace <device> <number> passes all on to a device
 *
 * Both write to one log that all share, so that there is one order: each
 * request when it is issued, and again when it is done. A disk carries requests
 * out in any order. dm-log-writes does not serve here: it has no order across
 * devices; on one device under several, a flush does not say which of them it
 * was sent to; and it puts a forced write before an older one that was not
 * flushed, also where they overlap.
 *
 * Messages to a disk: break <first> <count> r|w|rw|late|once, heal <first> <count>.
 * A late sector takes a write and says that it failed; one that fails once can
 * be read on the second try. A write that succeeds heals what could not be read.
 *
 * /dev/crash-log is the log; what is written to it is "start [<seed>]", which
 * empties it, "stop", or a note for it.
 */
#include <linux/device-mapper.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#define DM_MSG_PREFIX "crash"

#define LOG_BYTES (96UL << 20)
#define MAX_NOTE 1024
#define UPPER_SECTOR_BYTES 16 /* of each sector, what a trace keeps */

enum { LOG_ISSUE = 1, LOG_DONE, LOG_BREAK, LOG_HEAL, LOG_NOTE };
enum { OP_WRITE = 1, OP_DISCARD, OP_ZEROES, OP_FLUSH };
enum { FLAG_FUA = 1 };
enum { BROKEN_READ = 1, BROKEN_WRITE = 2, BROKEN_LATE = 4, BROKEN_ONCE = 8 };

struct log_record {
	__le32 type;
	__le32 device;
	__le32 id;
	__le32 op;
	__le32 flags;		/* of a request; how it is broken; 1: it failed */
	__le32 sectors;
	__le64 sector;
	__le32 bytes;		/* that follow, padded to 8 */
	__le32 zero;
};

static u8 *crash_log;
static size_t crash_log_bytes;
static bool crash_log_on, crash_log_full;
static u32 crash_next_id;
static u64 crash_random;
static DEFINE_SPINLOCK(crash_lock);	/* the log, the queue, what is broken */
static LIST_HEAD(crash_queue);
static unsigned int crash_queued;
static struct workqueue_struct *crash_wq;
static struct work_struct crash_work;

struct crash_disk {
	u32 number;
	struct dm_dev *dev;	/* of a trace */
	u8 *data;
	u8 *broken;
	sector_t sectors;
};

struct crash_io {
	struct list_head list;
	struct bio *bio;
	struct crash_disk *disk;
	u32 id;
	bool logged;
};

static struct log_record *crash_record(u32 type, u32 device, size_t bytes)
{
	size_t size = sizeof(struct log_record) + ALIGN(bytes, 8);
	struct log_record *record;

	if (!crash_log_on || crash_log_full)
		return NULL;
	if (crash_log_bytes + size > LOG_BYTES) {
		crash_log_full = true;
		DMERR("the log is full");
		return NULL;
	}
	record = (struct log_record *)(crash_log + crash_log_bytes);
	memset(record, 0, size);
	crash_log_bytes += size;
	record->type = cpu_to_le32(type);
	record->device = cpu_to_le32(device);
	record->bytes = cpu_to_le32(bytes);
	return record;
}

static u32 crash_op(struct bio *bio)
{
	switch (bio_op(bio)) {
	case REQ_OP_WRITE:
		return bio_sectors(bio) ? OP_WRITE : OP_FLUSH;
	case REQ_OP_DISCARD:
		return OP_DISCARD;
	case REQ_OP_WRITE_ZEROES:
		return OP_ZEROES;
	default:
		return bio->bi_opf & REQ_PREFLUSH ? OP_FLUSH : 0;
	}
}

static void crash_copy_bio(struct bio *bio, u8 *to, unsigned int of_sector)
{
	struct bvec_iter iter;
	struct bio_vec bv;
	unsigned int at = 0;

	bio_for_each_segment(bv, bio, iter) {
		u8 *from = bvec_kmap_local(&bv);
		unsigned int i;

		for (i = 0; i < bv.bv_len; i += SECTOR_SIZE, at += of_sector)
			memcpy(to + at, from + i, of_sector);
		kunmap_local(from);
	}
}

static void crash_log_issue(struct crash_disk *disk, struct crash_io *io, struct bio *bio)
{
	unsigned int of_sector = disk->dev ? UPPER_SECTOR_BYTES : SECTOR_SIZE;
	struct log_record *record;
	u32 op = crash_op(bio);
	size_t bytes = op == OP_WRITE ? bio_sectors(bio) * of_sector : 0;
	unsigned long flags;

	io->logged = false;
	if (!op)
		return;
	spin_lock_irqsave(&crash_lock, flags);
	record = crash_record(LOG_ISSUE, disk->number, bytes);
	if (record) {
		io->logged = true;
		io->id = ++crash_next_id;
		record->id = cpu_to_le32(io->id);
		record->op = cpu_to_le32(op);
		record->flags = cpu_to_le32(bio->bi_opf & REQ_FUA ? FLAG_FUA : 0);
		record->sector = cpu_to_le64(bio->bi_iter.bi_sector);
		record->sectors = cpu_to_le32(bio_sectors(bio));
		if (bytes)
			crash_copy_bio(bio, (u8 *)(record + 1), of_sector);
	}
	spin_unlock_irqrestore(&crash_lock, flags);
}

static void crash_log_done(struct crash_disk *disk, struct crash_io *io, bool failed)
{
	struct log_record *record;

	if (!io->logged)
		return;
	record = crash_record(LOG_DONE, disk->number, 0);
	if (!record)
		return;
	record->id = cpu_to_le32(io->id);
	record->flags = cpu_to_le32(failed);
}

/* With the lock held. True when all sectors can be read, or written. */
static bool crash_works(struct crash_disk *disk, sector_t sector, unsigned int nr, u8 broken)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (disk->broken[sector + i] & broken)
			return false;
	return true;
}

static bool crash_read(struct crash_disk *disk, struct bio *bio)
{
	u8 *data = disk->data + (bio->bi_iter.bi_sector << SECTOR_SHIFT);
	sector_t sector = bio->bi_iter.bi_sector;
	unsigned int nr = bio_sectors(bio), i;
	struct bvec_iter iter;
	struct bio_vec bv;

	if (!crash_works(disk, sector, nr, BROKEN_READ | BROKEN_ONCE)) {
		for (i = 0; i < nr; i++)
			disk->broken[sector + i] &= ~BROKEN_ONCE;
		return false;
	}
	bio_for_each_segment(bv, bio, iter) {
		memcpy_to_bvec(&bv, data);
		data += bv.bv_len;
	}
	return true;
}

static bool crash_write(struct crash_disk *disk, struct bio *bio)
{
	sector_t sector = bio->bi_iter.bi_sector;
	unsigned int nr = bio_sectors(bio), i;
	u8 *data = disk->data + (sector << SECTOR_SHIFT);
	bool late = !crash_works(disk, sector, nr, BROKEN_LATE);

	if (!crash_works(disk, sector, nr, BROKEN_WRITE))
		return false;
	if (bio_op(bio) == REQ_OP_WRITE)
		crash_copy_bio(bio, data, SECTOR_SIZE);
	else
		memset(data, 0, (size_t)nr << SECTOR_SHIFT);
	if (late)
		return false;
	for (i = 0; i < nr && bio_op(bio) != REQ_OP_DISCARD; i++)
		disk->broken[sector + i] &= ~(BROKEN_READ | BROKEN_ONCE);
	return true;
}

static u32 crash_draw(u32 below)
{
	crash_random = crash_random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(crash_random >> 33) % below;
}

static struct crash_io *crash_next(void)
{
	struct crash_io *io;
	u32 skip;

	if (!crash_queued)
		return NULL;
	skip = crash_draw(crash_queued);
	list_for_each_entry(io, &crash_queue, list)
		if (!skip--)
			break;
	list_del(&io->list);
	crash_queued--;
	return io;
}

/* Carries out one request, and has itself called again: meanwhile more may come. */
static void crash_worker(struct work_struct *work)
{
	struct crash_io *io;
	struct bio *bio = NULL;
	bool works = true;

	spin_lock_irq(&crash_lock);
	io = crash_next();
	if (io) {
		bio = io->bio;
		if (bio_op(bio) == REQ_OP_READ)
			works = crash_read(io->disk, bio);
		else if (bio_sectors(bio))
			works = crash_write(io->disk, bio);
		crash_log_done(io->disk, io, !works);
	}
	if (crash_queued)
		queue_work(crash_wq, &crash_work);
	spin_unlock_irq(&crash_lock);
	if (bio) {
		bio->bi_status = works ? BLK_STS_OK : BLK_STS_MEDIUM;
		bio_endio(bio);
	}
}

static int crash_disk_map(struct dm_target *ti, struct bio *bio)
{
	struct crash_io *io = dm_per_bio_data(bio, sizeof(*io));
	unsigned long flags;

	io->bio = bio;
	io->disk = ti->private;
	crash_log_issue(io->disk, io, bio);
	spin_lock_irqsave(&crash_lock, flags);
	list_add_tail(&io->list, &crash_queue);
	crash_queued++;
	queue_work(crash_wq, &crash_work);
	spin_unlock_irqrestore(&crash_lock, flags);
	return DM_MAPIO_SUBMITTED;
}

static int crash_trace_map(struct dm_target *ti, struct bio *bio)
{
	struct crash_io *io = dm_per_bio_data(bio, sizeof(*io));
	struct crash_disk *disk = ti->private;

	crash_log_issue(disk, io, bio);
	bio_set_dev(bio, disk->dev->bdev);
	return DM_MAPIO_REMAPPED;
}

static int crash_trace_end_io(struct dm_target *ti, struct bio *bio, blk_status_t *error)
{
	unsigned long flags;

	spin_lock_irqsave(&crash_lock, flags);
	crash_log_done(ti->private, dm_per_bio_data(bio, sizeof(struct crash_io)), *error);
	spin_unlock_irqrestore(&crash_lock, flags);
	return DM_ENDIO_DONE;
}

static void crash_free(struct dm_target *ti, struct crash_disk *disk)
{
	if (disk->dev)
		dm_put_device(ti, disk->dev);
	vfree(disk->data);
	vfree(disk->broken);
	kfree(disk);
}

static int crash_ctr(struct dm_target *ti, unsigned int argc, char **argv, bool trace)
{
	struct crash_disk *disk = kzalloc(sizeof(*disk), GFP_KERNEL);
	int r = -EINVAL;

	ti->error = "Invalid arguments";
	if (!disk)
		return -ENOMEM;
	disk->sectors = ti->len;
	if (argc != 1 + trace || kstrtou32(argv[trace], 10, &disk->number))
		goto bad;
	if (trace) {
		r = dm_get_device(ti, argv[0], dm_table_get_mode(ti->table), &disk->dev);
		if (r)
			goto bad;
	} else {
		disk->data = vzalloc(ti->len << SECTOR_SHIFT);
		disk->broken = vzalloc(ti->len);
		r = -ENOMEM;
		if (!disk->data || !disk->broken)
			goto bad;
	}
	ti->private = disk;
	ti->num_flush_bios = 1;
	ti->flush_supported = true;
	ti->num_discard_bios = 1;
	ti->discards_supported = true;
	ti->num_write_zeroes_bios = 1;
	ti->per_io_data_size = sizeof(struct crash_io);
	return 0;
bad:
	crash_free(ti, disk);
	return r;
}

static int crash_disk_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	return crash_ctr(ti, argc, argv, false);
}

static int crash_trace_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	return crash_ctr(ti, argc, argv, true);
}

static void crash_dtr(struct dm_target *ti)
{
	crash_free(ti, ti->private);
}

static int crash_parse_broken(const char *text)
{
	if (!strcmp(text, "r"))
		return BROKEN_READ;
	if (!strcmp(text, "w"))
		return BROKEN_WRITE;
	if (!strcmp(text, "rw"))
		return BROKEN_READ | BROKEN_WRITE;
	if (!strcmp(text, "late"))
		return BROKEN_LATE;
	return strcmp(text, "once") ? -EINVAL : BROKEN_ONCE;
}

static int crash_disk_message(struct dm_target *ti, unsigned int argc, char **argv, char *result,
			      unsigned int maxlen)
{
	bool heal = !strcmp(argv[0], "heal") && argc == 3;
	struct crash_disk *disk = ti->private;
	struct log_record *record;
	u32 first, count, i;
	int broken = 0;

	if (!heal && (strcmp(argv[0], "break") || argc != 4))
		return -EINVAL;
	if (kstrtou32(argv[1], 10, &first) || kstrtou32(argv[2], 10, &count) ||
	    first >= disk->sectors || count > disk->sectors - first)
		return -EINVAL;
	if (!heal)
		broken = crash_parse_broken(argv[3]);
	if (broken < 0)
		return broken;
	spin_lock_irq(&crash_lock);
	for (i = first; i < first + count; i++)
		disk->broken[i] = heal ? 0 : disk->broken[i] | broken;
	record = crash_record(heal ? LOG_HEAL : LOG_BREAK, disk->number, 0);
	if (record) {
		record->flags = cpu_to_le32(broken);
		record->sector = cpu_to_le64(first);
		record->sectors = cpu_to_le32(count);
	}
	spin_unlock_irq(&crash_lock);
	return 0;
}

/* The disk is memory: there is no device that could lack a feature. */
static int crash_disk_iterate(struct dm_target *ti, iterate_devices_callout_fn fn, void *data)
{
	return 0;
}

static int crash_trace_iterate(struct dm_target *ti, iterate_devices_callout_fn fn, void *data)
{
	struct crash_disk *disk = ti->private;

	return fn(ti, disk->dev, 0, ti->len, data);
}

static void crash_disk_hints(struct dm_target *ti, struct queue_limits *limits)
{
	limits->discard_granularity = SECTOR_SIZE;
	limits->max_discard_sectors = UINT_MAX >> SECTOR_SHIFT;
	limits->max_hw_discard_sectors = UINT_MAX >> SECTOR_SHIFT;
}

static struct target_type crash_targets[] = {
	{
		.name = "crash-disk",
		.version = { 1, 0, 0 },
		.module = THIS_MODULE,
		.ctr = crash_disk_ctr,
		.dtr = crash_dtr,
		.map = crash_disk_map,
		.message = crash_disk_message,
		.iterate_devices = crash_disk_iterate,
		.io_hints = crash_disk_hints,
	},
	{
		.name = "crash-trace",
		.version = { 1, 0, 0 },
		.module = THIS_MODULE,
		.ctr = crash_trace_ctr,
		.dtr = crash_dtr,
		.map = crash_trace_map,
		.end_io = crash_trace_end_io,
		.iterate_devices = crash_trace_iterate,
	},
};

static ssize_t crash_log_read(struct file *file, char __user *to, size_t bytes, loff_t *at)
{
	return simple_read_from_buffer(to, bytes, at, crash_log, crash_log_bytes);
}

static ssize_t crash_log_write(struct file *file, const char __user *from, size_t bytes,
			       loff_t *at)
{
	char text[MAX_NOTE + 1] = "";
	struct log_record *record;
	u64 seed;

	if (bytes > MAX_NOTE)
		return -EINVAL;
	if (copy_from_user(text, from, bytes))
		return -EFAULT;
	spin_lock_irq(&crash_lock);
	if (sscanf(text, "start %llu", &seed) == 1) {
		crash_log_bytes = 0;
		crash_log_full = false;
		crash_log_on = true;
		crash_random = seed;
	} else if (!strcmp(text, "stop")) {
		crash_log_on = false;
	} else {
		record = crash_record(LOG_NOTE, 0, bytes);
		if (record)
			memcpy(record + 1, text, bytes);
	}
	spin_unlock_irq(&crash_lock);
	return crash_log_full ? -ENOSPC : bytes;
}

static const struct file_operations crash_log_operations = {
	.owner = THIS_MODULE,
	.read = crash_log_read,
	.write = crash_log_write,
	.llseek = default_llseek,
};

static struct miscdevice crash_log_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "crash-log",
	.fops = &crash_log_operations,
};

static int __init crash_init(void)
{
	int r = -ENOMEM;

	INIT_WORK(&crash_work, crash_worker);
	crash_log = vmalloc(LOG_BYTES);
	crash_wq = alloc_ordered_workqueue("dm-crash", WQ_MEM_RECLAIM);
	if (!crash_log || !crash_wq)
		goto bad;
	r = misc_register(&crash_log_device);
	if (r)
		goto bad;
	r = dm_register_target(&crash_targets[0]);
	if (r)
		goto bad_misc;
	r = dm_register_target(&crash_targets[1]);
	if (!r)
		return 0;
	dm_unregister_target(&crash_targets[0]);
bad_misc:
	misc_deregister(&crash_log_device);
bad:
	if (crash_wq)
		destroy_workqueue(crash_wq);
	vfree(crash_log);
	return r;
}

static void __exit crash_exit(void)
{
	dm_unregister_target(&crash_targets[1]);
	dm_unregister_target(&crash_targets[0]);
	misc_deregister(&crash_log_device);
	destroy_workqueue(crash_wq);
	vfree(crash_log);
}

module_init(crash_init);
module_exit(crash_exit);

MODULE_DESCRIPTION("Disks in memory that log all that happens to them");
MODULE_AUTHOR("The dm-remap authors");
MODULE_LICENSE("GPL");
