import { driveOf, type Drive } from './drive.js';
import { layoutOf, type HostLayout } from './host-layout.js';
import type { FleetOptions } from './options.js';
import { merged, outagesOf, putOff, type HostOutages } from './outages.js';
import { replacementFor, type Purchase } from './purchases.js';
import { HOURS_A_YEAR, REBUILD_BYTES_AN_HOUR, REPLACE_HOURS } from './rates.js';

/**
 * What happens to a host, whatever is decided about it:
 * - errors: blocks of a main device are found bad;
 * - warning: a spare device will fail, or is worn out;
 * - end: a drive dies, or is taken out as it will;
 * - replacement: a new drive is in the bay, `copied` from the one before while that still served;
 * - rebuilt: the array has written the new drive;
 * - lost and back: an enclosure, or the whole host, is away for a while.
 */
export type HostEvent = { atHours: number } & (
  | { kind: 'errors'; bay: number; blocks: readonly number[] }
  | { kind: 'warning'; bay: number }
  | { kind: 'end'; bay: number; foreseen: boolean }
  | { kind: 'replacement'; bay: number; drive: Drive; copied: boolean }
  | { kind: 'rebuilt'; bay: number }
  | { kind: 'enclosure-lost' | 'enclosure-back'; enclosure: number }
  | { kind: 'host-lost' | 'host-back' }
);

export interface HostHistory {
  layout: HostLayout;
  endHours: number;
  /** What is in each bay at first. */
  drives: Drive[];
  /** By time. */
  events: HostEvent[];
}

/** A main device whose death is foreseen is copied while it still serves; a spare is emptied until its end. */
const isCopied = ({ warningHours }: Drive, isMain: boolean): boolean =>
  isMain && warningHours !== null;

const replacedHours = (drive: Drive, isMain: boolean): number =>
  REPLACE_HOURS + (isCopied(drive, isMain) ? (drive.warningHours ?? 0) : drive.endHours);

/** From when the drive is in its bay until the next one is whole. */
function lifeOf(bay: number, drive: Drive, isMain: boolean, next: Drive): HostEvent[] {
  const { bursts, warningHours, endHours } = drive;
  const copied = isCopied(drive, isMain);
  const untilHours = replacedHours(drive, isMain);
  const events: HostEvent[] = [];
  if (isMain) {
    for (const { atHours, blocks } of bursts)
      if (atHours < Math.min(endHours, untilHours))
        events.push({ kind: 'errors', atHours, bay, blocks });
  } else if (warningHours !== null) events.push({ kind: 'warning', atHours: warningHours, bay });
  if (!copied)
    events.push({ kind: 'end', atHours: endHours, bay, foreseen: warningHours !== null });
  events.push({ kind: 'replacement', atHours: untilHours, bay, drive: next, copied });
  if (isMain && !copied) {
    const rebuiltHours = untilHours + drive.model.bytes / REBUILD_BYTES_AN_HOUR;
    events.push({ kind: 'rebuilt', atHours: rebuiltHours, bay });
  }
  return events;
}

function losses({ host, enclosures }: HostOutages): HostEvent[] {
  return [
    ...host.flatMap(({ fromHours, untilHours }): HostEvent[] => [
      { kind: 'host-lost', atHours: fromHours },
      { kind: 'host-back', atHours: untilHours },
    ]),
    ...enclosures.flatMap((some, enclosure) =>
      some.flatMap(({ fromHours, untilHours }): HostEvent[] => [
        { kind: 'enclosure-lost', atHours: fromHours, enclosure },
        { kind: 'enclosure-back', atHours: untilHours, enclosure },
      ]),
    ),
  ];
}

/**
 * All that happens to one host of the fleet. It depends on the options and the host's number only, so every
 * policy meets the same. What would happen to a drive while it is away happens when it is back.
 */
export function historyOf(options: FleetOptions, index: number): HostHistory {
  const { seed } = options;
  const endHours = options.years * HOURS_A_YEAR;
  const layout = layoutOf(options, index);
  const away = outagesOf(seed, layout, endHours);
  const drives: Drive[] = [];
  const events = losses(away);
  layout.bays.forEach(({ purchase, enclosure }, bay) => {
    const isMain = bay < layout.mains;
    const outages = merged([...away.host, ...(away.enclosures[enclosure] ?? [])]);
    const put = (bought: Purchase, generation: number, atHours: number) =>
      driveOf(seed, [index, bay], bought, { generation, atHours, untilHours: endHours });
    let drive = put(purchase, 0, 0);
    drives.push(drive);
    for (let atHours = 0; atHours < endHours;) {
      atHours = replacedHours(drive, isMain);
      const next = put(replacementFor(purchase, atHours), drive.generation + 1, atHours);
      for (const event of lifeOf(bay, drive, isMain, next))
        events.push({ ...event, atHours: putOff(event.atHours, outages) });
      drive = next;
    }
  });
  return {
    ...{ layout, endHours, drives },
    events: events
      .filter(({ atHours }) => atHours < endHours)
      .sort((a, b) => a.atHours - b.atHours),
  };
}
