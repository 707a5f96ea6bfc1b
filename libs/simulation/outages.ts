import { exponential, streamOf, type Random } from './draws.js';
import type { HostLayout } from './host-layout.js';
import { ENCLOSURES } from './host-layout.js';
import {
  ENCLOSURE_LOSS_HOURS,
  ENCLOSURE_LOSSES_A_YEAR,
  HOST_LOSS_HOURS,
  HOST_LOSSES_A_YEAR,
  HOURS_A_YEAR,
  POWER_LOSS_HOURS,
  POWER_LOSSES_A_YEAR,
  RACK_LOSS_HOURS,
  RACK_LOSSES_A_YEAR,
} from './rates.js';

/** From when until when something is away; it comes back with all that it holds. */
export interface Outage {
  fromHours: number;
  untilHours: number;
}

function outages(random: Random, perYear: number, meanHours: number, endHours: number): Outage[] {
  const found: Outage[] = [];
  for (let at = 0; ;) {
    at += exponential(random, HOURS_A_YEAR / perYear);
    if (at >= endHours) return found;
    const untilHours = at + exponential(random, meanHours);
    found.push({ fromHours: at, untilHours });
    at = untilHours;
  }
}

/** Ascending, and none touching another. */
export function merged(some: readonly Outage[]): Outage[] {
  const whole: Outage[] = [];
  for (const outage of some.toSorted((a, b) => a.fromHours - b.fromHours)) {
    const last = whole.at(-1);
    if (last && outage.fromHours <= last.untilHours)
      last.untilHours = Math.max(last.untilHours, outage.untilHours);
    else whole.push({ ...outage });
  }
  return whole;
}

export interface HostOutages {
  /** Of the host by itself, with its rack, or with the power. */
  host: Outage[];
  /** By enclosure. */
  enclosures: Outage[][];
}

/** The outages that a host suffers; those of a rack or of the power are the same for all that share it. */
export function outagesOf(seed: number, layout: HostLayout, endHours: number): HostOutages {
  const { index, rack, powerFeed } = layout;
  const of = (name: string, n: number, perYear: number, meanHours: number) =>
    outages(streamOf(seed, 'outages', name, n), perYear, meanHours, endHours);
  return {
    host: merged([
      ...of('host', index, HOST_LOSSES_A_YEAR, HOST_LOSS_HOURS),
      ...of('rack', rack, RACK_LOSSES_A_YEAR, RACK_LOSS_HOURS),
      ...of('power', powerFeed, POWER_LOSSES_A_YEAR, POWER_LOSS_HOURS),
    ]),
    enclosures: Array.from({ length: ENCLOSURES }, (_, e) =>
      of('enclosure', index * ENCLOSURES + e, ENCLOSURE_LOSSES_A_YEAR, ENCLOSURE_LOSS_HOURS),
    ),
  };
}

/** The time, or when the last of the outages that it lies in is over. */
export function putOff(atHours: number, ascending: readonly Outage[]): number {
  let at = atHours;
  for (const { fromHours, untilHours } of ascending)
    if (fromHours <= at && at < untilHours) at = untilHours;
  return at;
}
