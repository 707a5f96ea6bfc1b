/**
 * What the virtual fleet suffers, and how often. Each figure names who published it; what nobody published
 * is called assumed. docs/simulation.md lists them all.
 */

export const HOURS_A_DAY = 24;
export const HOURS_A_YEAR = 365 * HOURS_A_DAY;

/**
 * Annualised failure rate of hard disks: 1.30 % in the first year of life, 4.25 % at its highest, at 10 years
 * and 3 months (Backblaze, "Are Hard Drives Getting Better?", 2025). Flat up to the age of 4 years and
 * straight from there: assumed. Over a fleet of mixed age that gives about the 1.57 % of Backblaze's report
 * for 2024.
 */
export const HDD_DEATHS_A_YEAR = { young: 0.013, youngUntilYears: 4, old: 0.0425, oldYears: 10.25 };

/** Of flash at any age: "under one percent" (Backblaze, SSD edition of Drive Stats for 2022). */
export const FLASH_DEATHS_A_YEAR = 0.009;

/** Drives with at least one latent sector error in their first 12 months (Bairavasundaram et al. 2007). */
export const NEARLINE_ONSETS_A_YEAR = 0.0315;
export const ENTERPRISE_ONSETS_A_YEAR = 0.0146;

/**
 * 2 to 7 % of flash drives have a bad chip within four years (Schroeder, Lagisetty, Merchant, FAST 2016);
 * what firmware hides before that is not seen from outside.
 */
export const FLASH_ONSETS_A_YEAR = 0.045 / 4;

/**
 * Errors of a drive that has any, P(at least n) = n^-shape. 3.45 % of all drives had some and 0.2 % more
 * than 1000 (Bairavasundaram et al. 2007), so that 1000^-shape = 0.2 / 3.45.
 */
export const ERRORS_SHAPE = Math.log(3.45 / 0.2) / Math.log(1000);
/** Assumed: a drive with more is out of service by then. */
export const MOST_ERRORS = 20_000;

/** Half of the errors have another within 10 MB (issue 4, after Bairavasundaram et al. 2007). */
export const SHARE_WITH_NEIGHBOUR = 0.5;
export const NEIGHBOURHOOD_BYTES = 10_000_000;
/** Errors that lie together, where more than one does; assumed. */
export const MEAN_CLUSTER = 4;

/**
 * Most errors are found by scrubbing (over 60 %, Bairavasundaram et al. 2007), so they come a pass at a time.
 * A pass a month, and all errors of a drive within a year of its first: assumed.
 */
export const SCRUB_HOURS = 30 * HOURS_A_DAY;
export const DECLINE_HOURS = HOURS_A_YEAR;

/**
 * How much batches differ in how they fail: the standard deviation of the logarithm of their factor. That
 * drives of one model and batch share their fate is known (Schroeder and Gibson, FAST 2007, report a whole
 * batch with media errors); the figure is assumed.
 */
export const BATCH_SPREAD = 0.6;

/**
 * Of deaths that measurements announce. A large part of the failed drives gave no SMART signal at all
 * (Pinheiro, Weber, Barroso, FAST 2007); the share and the time of the warning are assumed.
 */
export const FORESEEN_SHARE = 0.4;
export const WARNING_HOURS = 14 * HOURS_A_DAY;

/** Rated endurance that flash uses up a year; assumed. */
export const WEAR_PERCENT_A_YEAR = { least: 2, most: 15 };
export const WORN_PERCENT = 100;

/** Until a person has put a new drive in, and what a rebuild writes; assumed. */
export const REPLACE_HOURS = 24;
export const REBUILD_BYTES_AN_HOUR = 100e6 * 3600;

/**
 * An enclosure that goes away with all drives in it. Drives are 20 to 55 % of the failures of storage
 * subsystems (Jiang et al., FAST 2008); at the middle of that, a drive is out of reach for another reason
 * 1.67 times as often as it dies. How long: assumed.
 */
export const ENCLOSURE_LOSSES_A_YEAR = 0.0157 * (1 / 0.375 - 1);
export const ENCLOSURE_LOSS_HOURS = 8;

/**
 * The first year of a cluster of 1800 machines, 40 to a rack: 1000 machines fail, 20 racks do, and a power
 * distribution unit takes 500 to 1000 machines with it for about 6 hours (Dean, Google I/O 2008). How long
 * machines and racks are away: assumed.
 */
export const HOSTS_A_RACK = 40;
export const HOST_LOSSES_A_YEAR = 1000 / 1800;
export const HOST_LOSS_HOURS = 0.5;
export const RACK_LOSSES_A_YEAR = 20 / (1800 / HOSTS_A_RACK);
export const RACK_LOSS_HOURS = 3;
export const RACKS_A_POWER_FEED = 20;
export const POWER_LOSSES_A_YEAR = 750 / 1800;
export const POWER_LOSS_HOURS = 6;
