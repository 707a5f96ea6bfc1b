// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grace periods while tables are swapped.
 */
#include <linux/bitops.h>
#include <linux/container_of.h>
#include <linux/jiffies.h>
#include <linux/module.h>

#include "dm-remap-compat.h"
#include "dm-remap-grace.h"

#define REMAP_GRACE_EXPEDITED	0

/* They nest. */
static void (*remap_expedite)(void);
static void (*remap_unexpedite)(void);

void remap_grace_prepare(void)
{
	remap_expedite = symbol_get(rcu_expedite_gp);
	remap_unexpedite = symbol_get(rcu_unexpedite_gp);
}

void remap_grace_dispose(void)
{
	if (remap_expedite)
		symbol_put(rcu_expedite_gp);
	if (remap_unexpedite)
		symbol_put(rcu_unexpedite_gp);
}

static void remap_grace_restore(struct remap_grace *grace)
{
	if (test_and_clear_bit(REMAP_GRACE_EXPEDITED, &grace->flags))
		remap_unexpedite();
}

/* A device may stay suspended for long, and expediting is felt on every CPU. */
static void remap_grace_limit(struct work_struct *work)
{
	remap_grace_restore(container_of(work, struct remap_grace, limit.work));
}

void remap_grace_init(struct remap_grace *grace)
{
	INIT_DELAYED_WORK(&grace->limit, remap_grace_limit);
}

void remap_grace_begin(struct remap_grace *grace)
{
	if (!remap_expedite || !remap_unexpedite)
		return;
	if (!test_and_set_bit(REMAP_GRACE_EXPEDITED, &grace->flags))
		remap_expedite();
	mod_delayed_work(system_wq, &grace->limit, HZ);
}

void remap_grace_end(struct remap_grace *grace)
{
	cancel_delayed_work_sync(&grace->limit);
	remap_grace_restore(grace);
}
