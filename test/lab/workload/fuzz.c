// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gives a remap target what no sane caller would: table lines, messages and
 * lease metadata that were changed at random, the latter with right checksums.
 *
 *   fuzz tables|messages|leases SEED COUNT SECTORS UUID MAIN SPARE OFFSET LENGTH...
 *
 * Each OFFSET LENGTH is a lease on SPARE, formatted for UUID. The kernel may
 * accept or refuse; when it refuses a table it has to say why in its log. At
 * the end the leases are put back, and each reason is printed with how often
 * it was given.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NAME "fuzz"
#define PAGE 4096
#define MOST_LEASES 4
#define MOST_REASONS 256
#define MOST_WORDS 512

struct lease {
	const char *offset, *length;
	size_t bytes;
	unsigned char *pristine;
};

static struct {
	struct dm_ioctl head;
	union {
		struct {
			struct dm_target_spec spec;
			char params[16384];
		} table;
		struct {
			struct dm_target_msg message;
			char text[16384];
		} message;
	};
} request;

static struct {
	char text[256];
	unsigned int count;
} reasons[MOST_REASONS];

static uint64_t state;
static unsigned int accepted, refused, sectors;
static const char *uuid, *main_device, *spare;
static struct lease leases[MOST_LEASES];
static unsigned int nr_leases;
static int control, kmsg, spare_fd;
static unsigned char *aligned;

static void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	_exit(1);
}

static unsigned int draw(unsigned int below)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 33) % below;
}

static uint64_t odd_number(uint64_t was)
{
	static const uint64_t odd[] = {
		0, 1, 2, 7, 8, 128, 129, 4096, INT32_MAX, 1ULL << 31, UINT32_MAX, 1ULL << 32,
		1ULL << 54, 1ULL << 55, INT64_MAX, 1ULL << 63, UINT64_MAX - 1, UINT64_MAX,
	};

	switch (draw(5)) {
	case 0:
		return was + 1;
	case 1:
		return was - 1;
	case 2:
		return was ^ 1ULL << draw(64);
	case 3:
		return draw(1 << 20);
	default:
		return odd[draw(sizeof(odd) / sizeof(*odd))];
	}
}

static int dm(unsigned long command, uint32_t flags)
{
	memset(&request.head, 0, sizeof(request.head));
	request.head.version[0] = DM_VERSION_MAJOR;
	request.head.data_size = sizeof(request);
	request.head.data_start = sizeof(request.head);
	request.head.flags = flags;
	strcpy(request.head.name, NAME);
	return ioctl(control, command, &request);
}

static void must(int r, const char *what)
{
	if (r)
		fail("%s fails: %s", what, strerror(errno));
}

static int load(unsigned int length, const char *params)
{
	memset(&request.table.spec, 0, sizeof(request.table.spec));
	request.table.spec.length = length;
	strcpy(request.table.spec.target_type, "remap");
	snprintf(request.table.params, sizeof(request.table.params), "%s", params);
	memset(&request.head, 0, sizeof(request.head));
	request.head.version[0] = DM_VERSION_MAJOR;
	request.head.data_size = sizeof(request);
	request.head.data_start = offsetof(typeof(request), table);
	request.head.target_count = 1;
	strcpy(request.head.name, NAME);
	return ioctl(control, DM_TABLE_LOAD, &request);
}

static int message(const char *text)
{
	memset(&request.head, 0, sizeof(request.head));
	request.head.version[0] = DM_VERSION_MAJOR;
	request.head.data_size = sizeof(request);
	request.head.data_start = offsetof(typeof(request), message);
	strcpy(request.head.name, NAME);
	request.message.message.sector = 0;
	snprintf(request.message.text, sizeof(request.message.text), "%s", text);
	return ioctl(control, DM_TARGET_MSG, &request);
}

static void skip_log(void)
{
	lseek(kmsg, 0, SEEK_END);
}

static void count_reason(const char *text)
{
	for (int i = 0; i < MOST_REASONS; i++) {
		if (!reasons[i].count)
			snprintf(reasons[i].text, sizeof(reasons[i].text), "%s", text);
		if (!strcmp(reasons[i].text, text)) {
			reasons[i].count++;
			return;
		}
	}
}

/* "device-mapper: table: 253:0: remap: REASON (-EINVAL)" since skip_log. */
static void explain(const char *what)
{
	char record[8192], *at;
	ssize_t r;

	refused++;
	while ((r = read(kmsg, record, sizeof(record) - 1)) > 0 || (r < 0 && errno == EPIPE)) {
		if (r < 0)
			continue;
		record[r] = '\0';
		record[strcspn(record, "\n")] = '\0';
		at = strstr(record, "device-mapper: table: ");
		if (!at)
			continue;
		at = strstr(at, ": remap: ");
		if (!at)
			at = strrchr(record, ';');
		else
			at += strlen(": remap: ");
		if (*at == '(' || *at == ' ' || strstr(at, "Unknown error"))
			fail("refused without a reason (\"%s\"): %s", at, what);
		count_reason(at);
		return;
	}
	fail("refused, and nothing in the log: %s", what);
}

static void read_some(void)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/dm-%u", minor(request.head.dev));
	fd = open(path, O_RDWR | O_DIRECT);
	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	for (int i = 0; i < 4; i++) {
		off_t at = (off_t)draw(sectors / 8 - 1) * PAGE;

		if (draw(2))
			(void)!pread(fd, aligned, PAGE, at);
		else
			(void)!pwrite(fd, aligned, PAGE, at);
	}
	close(fd);
}

/* A table that was accepted is run for a moment. */
static void try_table(unsigned int length, const char *params)
{
	char text[64];

	skip_log();
	must(dm(DM_DEV_CREATE, 0), "creating a device");
	if (load(length, params)) {
		explain(params);
	} else {
		accepted++;
		if (!dm(DM_DEV_SUSPEND, 0)) {	/* without its flag: resume */
			must(dm(DM_TABLE_STATUS, 0), "status");
			must(dm(DM_TABLE_STATUS, DM_STATUS_TABLE_FLAG), "table");
			must(message("list"), "list");
			must(message("pending"), "pending");
			must(dm(DM_DEV_STATUS, 0), "the device's status");
			read_some();
			snprintf(text, sizeof(text), "remap %u %u", draw(sectors), 1 + draw(64));
			message(text);
		}
	}
	must(dm(DM_DEV_REMOVE, 0), "removing a device");
}

static void table_line(char *line, size_t size)
{
	size_t at = snprintf(line, size, "%s 0 8 %s 1 %u", main_device, uuid, nr_leases);

	for (unsigned int i = 0; i < nr_leases; i++)
		at += snprintf(line + at, size - at, " %s %s %s", spare, leases[i].offset,
			       leases[i].length);
	snprintf(line + at, size - at, " 5 read_retries 1 fail_limit 1000 60");
}

static const char *odd_word(void)
{
	static const char *words[] = {
		"", "-1", "0", "1", "128", "129", "18446744073709551615", "18446744073709551616",
		"9223372036854775807", "0x10", "1e3", "/dev/null", "/dev/none", "/", "999:999",
		"253:0", "read_retries", "READ_RETRIES", "fail_limit", "\\", "\\ ", "\xff\xfe", "%s%n%p",
		"4e1c6c1e-54dd-4b8c-8e8e-1d3c12a7f1d0", "4E1C6C1E-54DD-4B8C-8E8E-1D3C12A7F1D0",
	};

	return words[draw(sizeof(words) / sizeof(*words))];
}

/* Words are changed, dropped, doubled and swapped; numbers become odd ones. */
static void change_words(char *line, size_t size)
{
	static char copy[16384], numbers[MOST_WORDS][32];
	const char *words[MOST_WORDS], *word;
	unsigned int n = 0, numbered = 0;
	size_t at = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *rest = copy; n < MOST_WORDS / 2 && (word = strsep(&rest, " "));)
		words[n++] = word;
	for (unsigned int changes = 1 + draw(3); changes && n; changes--) {
		unsigned int i = draw(n);

		switch (draw(7)) {
		case 0:
			memmove(&words[i], &words[i + 1], (--n - i) * sizeof(*words));
			break;
		case 1:
			memmove(&words[i + 1], &words[i], (n++ - i) * sizeof(*words));
			break;
		case 2:
			word = words[i];
			words[i] = words[n - 1];
			words[n - 1] = word;
			break;
		case 3:
			words[i] = odd_word();
			break;
		case 4:
			n = i;
			break;
		default:
			snprintf(numbers[numbered], sizeof(*numbers), "%llu",
				 (unsigned long long)odd_number(strtoull(words[i], NULL, 10)));
			words[i] = numbers[numbered++];
		}
	}
	line[0] = '\0';
	for (unsigned int i = 0; i < n && at < size; i++)
		at += snprintf(line + at, size - at, i ? " %s" : "%s", words[i]);
}

static void write_lease(struct lease *lease, const unsigned char *image)
{
	memcpy(aligned, image, lease->bytes);
	if (pwrite(spare_fd, aligned, lease->bytes, strtoull(lease->offset, NULL, 10) * 512) !=
	    (ssize_t)lease->bytes)
		fail("writing the lease's metadata fails: %s", strerror(errno));
}

/* What ran changes leases: a table of another length, for one, makes them its own. */
static void put_leases_back(void)
{
	for (unsigned int i = 0; i < nr_leases; i++)
		write_lease(&leases[i], leases[i].pristine);
}

static void fuzz_tables(unsigned int count)
{
	char line[16384];

	while (count--) {
		put_leases_back();
		table_line(line, sizeof(line));
		if (draw(20))
			change_words(line, sizeof(line));
		try_table(draw(8) ? sectors : 1 + draw(2 * sectors), line);
	}
}

static void uuid_text(char *text, const unsigned char *raw)
{
	for (int i = 0; i < 16; i++)
		text += sprintf(text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", raw[i]);
}

static void fuzz_messages(unsigned int count)
{
	static const char *valid[] = {
		"remap 0 8", "remap 4096 64", "release 0 64", "release all", "evacuate UUID",
		"migrate 0 64 UUID", "cancel", "scrub start", "scrub start 0 1024 rate 1000",
		"scrub pause", "scrub resume", "scrub stop", "list", "list 0 256", "pending",
		"pending 0 256", "stats reset", "help", "flush 1 2 3",
	};
	char line[16384], params[4096], *at;

	table_line(params, sizeof(params));
	must(dm(DM_DEV_CREATE, 0), "creating a device");
	skip_log();
	if (load(sectors, params)) {
		explain(params);
		fail("a sane table is refused (%s): %s", reasons[0].text, params);
	}
	must(dm(DM_DEV_SUSPEND, 0), "resuming");
	while (count--) {
		strcpy(line, valid[draw(sizeof(valid) / sizeof(*valid))]);
		at = strstr(line, "UUID");
		if (at)
			uuid_text(at, leases[draw(nr_leases)].pristine + 48);
		if (draw(3))
			change_words(line, sizeof(line));
		if (draw(50) == 0)
			memset(line + strlen(line), 'x', 4000), line[4096] = '\0';
		if (message(line))
			refused++;
		else
			accepted++;
		if (draw(20) == 0)
			must(dm(DM_TABLE_STATUS, 0), "status");
	}
	must(dm(DM_DEV_REMOVE, 0), "removing a device");
}

static uint32_t crc32c(const unsigned char *data, size_t bytes)
{
	uint32_t crc = ~0U;

	while (bytes--) {
		crc ^= *data++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static void change_page(unsigned char *page)
{
	for (unsigned int changes = 1 + draw(3); changes; changes--) {
		/* most of what has a meaning is near the beginning */
		unsigned int at = draw(draw(4) ? 256 : PAGE - 8) & ~3U, bytes = draw(2) ? 4 : 8;
		uint64_t value = 0;

		memcpy(&value, page + at, bytes);
		value = odd_number(value);
		memcpy(page + at, &value, bytes);
	}
	if (draw(10)) {
		uint32_t crc;

		memset(page + 8, 0, 4);
		crc = crc32c(page, PAGE);
		memcpy(page + 8, &crc, 4);
	}
}

static void fuzz_leases(unsigned int count)
{
	unsigned char *image = malloc(1 << 20);
	char line[4096];

	table_line(line, sizeof(line));
	while (count--) {
		unsigned int victim = draw(nr_leases);

		for (unsigned int i = 0; i < nr_leases; i++) {
			struct lease *lease = &leases[i];

			memcpy(image, lease->pristine, lease->bytes);
			if (i == victim || draw(8) == 0)
				for (unsigned int pages = 1 + draw(3); pages; pages--)
					change_page(image + draw(draw(2) ? 2 : lease->bytes / PAGE) * PAGE);
			write_lease(lease, image);
		}
		try_table(sectors, line);
	}
	free(image);
}

static void read_leases(int argc, char **argv)
{
	for (nr_leases = 0; nr_leases < MOST_LEASES && argc >= 2; argc -= 2, argv += 2) {
		struct lease *lease = &leases[nr_leases++];
		uint64_t data_start;

		lease->offset = argv[0];
		lease->length = argv[1];
		if (pread(spare_fd, aligned, PAGE, strtoull(argv[0], NULL, 10) * 512) != PAGE)
			fail("reading a superblock fails");
		memcpy(&data_start, aligned + 72, sizeof(data_start));
		lease->bytes = data_start * 512;
		lease->pristine = malloc(lease->bytes);
		if (pread(spare_fd, aligned, lease->bytes, strtoull(argv[0], NULL, 10) * 512) !=
		    (ssize_t)lease->bytes)
			fail("reading a lease's metadata fails");
		memcpy(lease->pristine, aligned, lease->bytes);
	}
}

int main(int argc, char **argv)
{
	unsigned int count;

	if (argc < 10)
		fail("too few arguments");
	state = strtoull(argv[2], NULL, 10);
	count = atoi(argv[3]);
	sectors = atoi(argv[4]);
	uuid = argv[5];
	main_device = argv[6];
	spare = argv[7];
	control = open("/dev/mapper/control", O_RDWR);
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	spare_fd = open(spare, O_RDWR | O_DIRECT);
	if (control < 0 || kmsg < 0 || spare_fd < 0 ||
	    posix_memalign((void **)&aligned, PAGE, 1 << 20))
		fail("cannot begin: %s", strerror(errno));
	read_leases(argc - 8, argv + 8);

	if (!strcmp(argv[1], "tables"))
		fuzz_tables(count);
	else if (!strcmp(argv[1], "messages"))
		fuzz_messages(count);
	else if (!strcmp(argv[1], "leases"))
		fuzz_leases(count);
	else
		fail("no such thing to fuzz: %s", argv[1]);
	put_leases_back();
	printf("%u accepted, %u refused\n", accepted, refused);
	for (int i = 0; i < MOST_REASONS && reasons[i].count; i++)
		printf("%6u  %s\n", reasons[i].count, reasons[i].text);
	return 0;
}
