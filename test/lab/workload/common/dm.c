// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "dm.h"

#define TEXT 32768

struct request {
	struct dm_ioctl head;
	union {
		struct dm_target_spec spec;
		struct dm_target_msg message;
	};
	char text[TEXT];
};

static int control(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		perror("/dev/mapper/control");
		_exit(1);
	}
	return fd;
}

static int dm(unsigned long command, struct request *request, const char *name, unsigned int flags)
{
	request->head.version[0] = DM_VERSION_MAJOR;
	request->head.version[1] = 0;
	request->head.version[2] = 0;
	request->head.data_size = sizeof(*request);
	request->head.data_start = offsetof(struct request, spec);
	request->head.flags = flags;
	strcpy(request->head.name, name);
	return ioctl(control(), command, request) ? errno : 0;
}

/* Puts a line of a table into the request; answers where the next one goes. */
static char *add_target(struct request *request, char *at, const char *line, size_t length)
{
	struct dm_target_spec *spec = (struct dm_target_spec *)at;
	unsigned long long first, sectors;
	int parameters = 0;
	size_t size;

	sscanf(line, "%llu %llu %15s%n", &first, &sectors, spec->target_type, &parameters);
	spec->sector_start = first;
	spec->length = sectors;
	memcpy(at + sizeof(*spec), line + parameters, length - parameters);
	size = sizeof(*spec) + length - parameters + 1;
	spec->next = (size + 7) / 8 * 8;
	request->head.target_count++;
	return at + spec->next;
}

int dm_load(const char *name, const char *table)
{
	struct request *request = calloc(1, sizeof(*request));
	char *at = (char *)&request->spec;
	int r;

	while (*table) {
		size_t length = strcspn(table, "\n");

		at = add_target(request, at, table, length);
		table += length + (table[length] == '\n');
	}
	r = dm(DM_TABLE_LOAD, request, name, 0);
	free(request);
	return r;
}

int dm_simple(unsigned long command, const char *name, unsigned int flags)
{
	struct request *request = calloc(1, sizeof(*request));
	int r = dm(command, request, name, flags);

	free(request);
	return r;
}

int dm_suspend(const char *name, unsigned int flags)
{
	return dm_simple(DM_DEV_SUSPEND, name, DM_SUSPEND_FLAG | flags);
}

int dm_resume(const char *name, unsigned int flags)
{
	return dm_simple(DM_DEV_SUSPEND, name, flags);
}

int dm_remove(const char *name)
{
	int r, tries = 50;

	while ((r = dm_simple(DM_DEV_REMOVE, name, 0)) == EBUSY && tries--)
		usleep(20000);
	return r;
}

int dm_create(const char *name, const char *table, char *path)
{
	struct request *request = calloc(1, sizeof(*request));
	int r = dm(DM_DEV_CREATE, request, name, 0);

	sprintf(path, "/dev/dm-%u", minor(request->head.dev));
	free(request);
	if (r)
		return r;
	r = dm_load(name, table);
	if (!r)
		r = dm_resume(name, 0);
	if (r)
		dm_remove(name);
	return r;
}

int dm_message(const char *name, char *answer, size_t size, const char *format, ...)
{
	struct request *request = calloc(1, sizeof(*request));
	va_list args;
	int r;

	va_start(args, format);
	vsnprintf(request->message.message, TEXT - 64, format, args);
	va_end(args);
	r = dm(DM_TARGET_MSG, request, name, 0);
	if (!r && answer)
		snprintf(answer, size, "%s", request->head.flags & DM_DATA_OUT_FLAG ?
					     (char *)request + request->head.data_start : "");
	free(request);
	return r;
}

void dm_status(const char *name, char *line, size_t size)
{
	struct request *request = calloc(1, sizeof(*request));

	line[0] = 0;
	if (!dm(DM_TABLE_STATUS, request, name, 0))
		snprintf(line, size, "%s", (char *)(&request->spec + 1));
	free(request);
}
