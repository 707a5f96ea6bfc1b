/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device-mapper without a process for each call. What answers an int answers 0
 * or an errno.
 */
#ifndef DM_H
#define DM_H

#include <linux/dm-ioctl.h>
#include <stddef.h>

/* A table: lines of "first-sector sectors type parameters". */
int dm_load(const char *name, const char *table);

/* Makes a device that is live, and says its path; with an error none is left. */
int dm_create(const char *name, const char *table, char *path);

/* Waits a second for those that have it open. */
int dm_remove(const char *name);

/* A command without parameters, such as DM_TABLE_CLEAR. Flags are DM_*_FLAG. */
int dm_simple(unsigned long command, const char *name, unsigned int flags);

int dm_suspend(const char *name, unsigned int flags);

/* Makes the table that was loaded the live one, if there is one. */
int dm_resume(const char *name, unsigned int flags);

/* The answer may be NULL; it is cut at size. */
int dm_message(const char *name, char *answer, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* What the first line of the status says behind the type; empty when there is none. */
void dm_status(const char *name, char *line, size_t size);

#endif
