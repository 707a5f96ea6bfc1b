/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does to a remap target at random all that may be done to it, from several
 * threads, and knows for each sector what it may answer (main.c says how it is
 * started).
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#define SECTOR 512
#define BLOCK 8
#define WORKERS 6
#define MOST 256	/* sectors of one operation */
#define WINDOW 512	/* sectors in which most happens, so that threads meet in blocks */
#define LEASES 24

#define OK 0x1	/* bit per errno that is no failure: OK | MAY(EBUSY) */
#define MAY(errno) (1ULL << (errno))

/* What was done, for the line at the end. */
struct tally {
	unsigned long reads, read_errors, writes, write_errors, zeroes, discards, flushes;
	unsigned long moves, releases, evacuations, migrations, cancelled, scrubs;
	unsigned long reloads, left, taken_in, formatted, holes, spare_holes;
};

/* main.c */
extern unsigned int seed, sectors;
extern const char *target;
extern char target_path[64];
extern const char *storm;	/* any I/O may fail, until it has ended */
extern bool meddled;		/* disks fail by other hands as well, metadata included */
extern volatile bool stop;
extern unsigned int window;
extern struct tally tally;

void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
unsigned int draw(uint64_t *state, unsigned int below);
void count(unsigned long *what);

/* Fails when the errno is none of the allowed; in a storm any may be. */
int allowed(int error, uint64_t which, const char *what);
void must(int error, const char *what);

/* sectors.c: what each sector may hold. */
void sectors_init(void);
void take(int worker, unsigned int first, unsigned int number);
void give(int worker);

/* The stamp that a sector of this version has. */
uint32_t next_version(void);
void stamp(uint32_t *buf, unsigned int sector, uint32_t version);

/* Fails unless the sector may hold this. */
void check_sector(const unsigned char *buf, unsigned int at);
bool may_be_bad(unsigned int at);

/* Before a write; what broke since may have hit the sectors after they were written. */
uint64_t breakage_before(void);
void written(unsigned int first, unsigned int number, uint32_t version, bool done, uint64_t before);
void discarded(unsigned int first, unsigned int number);

/*
 * Before disks break, the sectors are said that may be unreadable from then on,
 * until they are written; nobody learns of them until all have been said.
 */
void breakage_begin(void);
void lost(unsigned int sector);
void breakage_said(void);
void breakage_over(void);

/* load.c: I/O to the target. */
void *work(void *worker);
void read_all(void);
void write_all(void);

/* disks.c: sectors of the main device and of a spare fail and heal. */
void disks_init(char *main_name, char *main_disk, char *spare_name, char *spare_disk,
		unsigned int spare_size);
void break_main(uint64_t *random);
void break_spare(uint64_t *random);
void heal_disks(void);

/* leases.c: leases, and the tables that grant them. */
struct lease {
	char device[64];
	unsigned int offset, length;
	char uuid[40];
	bool member;
	bool tainted;		/* metadata may not have been written */
	bool unformatted;	/* formatting it failed halfway */
	unsigned int metadata;	/* its sectors */
	void *image;		/* of them, as it was when it was formatted */
};

extern struct lease leases[LEASES];
extern unsigned int nr_leases, members;
extern unsigned int order[LEASES];	/* of the leases that the table grants */

void leases_init(const char *main_name, const char *uuid, unsigned int given, char **texts,
		 unsigned int number);
void create(void);

/* A table with the same leases, now and then in another order, or with a higher generation. */
void reload(uint64_t *random);
void reload_anew(uint64_t *random);
void take_in(uint64_t *random);

/* An error unless the lease is empty; it has to be accepted when it surely is. */
void leave_out(unsigned int which, bool has_to, uint64_t *random);
void leave_out_any(uint64_t *random);

void suspend_target(uint64_t *random);
void resume_target(uint64_t *random);

/* jobs.c: what the target is told to do. */
void start_job(uint64_t *random);
void end_jobs(void);
void follow_evacuation(uint64_t *random);

/* The target was resumed: a lease that was told to take no more blocks may take some again. */
void evacuation_may_be_over(void);
void release_everything(void);
void check_status(void);
void *move_and_scrub(void *arg);

#endif
