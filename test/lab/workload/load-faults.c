// SPDX-License-Identifier: Apache-2.0
/*
 * Loads a table while the first allocation on its way fails, then the second, and so on, until it
 * is loaded without a failure. Each time it is refused, nothing of it may stay.
 *
 * Usage: load-faults NAME SECTORS TARGET-PARAMETERS
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MOST 1000

static int control;

static int dm(unsigned int command, const char *name, unsigned long long sectors,
	      const char *parameters)
{
	char buf[16384] = "";
	struct dm_ioctl *io = (void *)buf;
	struct dm_target_spec *spec = (void *)(io + 1);

	io->version[0] = DM_VERSION_MAJOR;
	io->data_size = sizeof(buf);
	io->data_start = sizeof(*io);
	strcpy(io->name, name);
	if (parameters) {
		io->target_count = 1;
		spec->length = sectors;
		strcpy(spec->target_type, "remap");
		strcpy((char *)(spec + 1), parameters);
		spec->next = sizeof(*spec) + ((strlen(parameters) + 8) & ~7UL);
	}
	return ioctl(control, command, buf) ? errno : 0;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Loads while the n-th allocation fails; *left is what remained to be counted, 0 if it did fail. */
static int load(int n, int *left, const char *name, unsigned long long sectors,
		const char *parameters)
{
	int fd = open("/proc/thread-self/fail-nth", O_RDWR), r;
	char text[16] = "";

	snprintf(text, sizeof(text), "%d", n);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("fail-nth");
	r = dm(DM_TABLE_LOAD, name, sectors, parameters);
	memset(text, 0, sizeof(text));
	if (read(fd, text, sizeof(text) - 1) < 0 || write(fd, "0", 1) < 0)
		die("fail-nth");
	close(fd);
	*left = atoi(text);
	return r;
}

static int directories(void)
{
	DIR *dir = opendir("/sys/kernel/dm_remap");
	struct dirent *entry;
	int n = 0;

	if (!dir)
		die("/sys/kernel/dm_remap");
	while ((entry = readdir(dir)))
		n += entry->d_type == DT_DIR && entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

int main(int argc, char **argv)
{
	unsigned long long sectors;
	int n, r = 0, refused = 0;

	if (argc != 4)
		return 2;
	sectors = strtoull(argv[2], NULL, 10);
	control = open("/dev/mapper/control", O_RDWR);
	if (control < 0)
		die("/dev/mapper/control");
	if (dm(DM_DEV_CREATE, argv[1], 0, NULL))
		die("create");
	for (n = 1; n < MOST; n++) {
		int left;

		r = load(n, &left, argv[1], sectors, argv[3]);
		if (left && !r)
			break;
		if (left) {
			printf("refused without a failure: %s\n", strerror(r));
			return 1;
		}
		refused += !!r;
		if (!r && dm(DM_TABLE_CLEAR, argv[1], 0, NULL))
			die("clear");
		if (directories()) {
			printf("failure %d (%s) left a directory\n", n, strerror(r));
			return 1;
		}
	}
	if (n == MOST || directories() != 1) {
		printf("loaded after %d failures, %d directories\n", n, directories());
		return 1;
	}
	if (dm(DM_DEV_REMOVE, argv[1], 0, NULL))
		die("remove");
	if (directories()) {
		printf("removal left a directory\n");
		return 1;
	}
	printf("%d of %d failures refused the table\n", refused, n - 1);
	return 0;
}
