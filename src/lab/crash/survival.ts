import { bytesOf, type Change, foreign } from './content.js';
import type { Medium } from './medium.js';

/** What is on the disks: by disk, by sector. */
export type View = readonly (readonly Change[])[];

/** Whether a sector of a change that was not durable is on the medium after the crash, or a part of it. */
export type Survival = (change: Change, disk: number, sector: number) => boolean | 'part';

export const noneSurvives: Survival = () => false;
export const allSurvives: Survival = () => true;

function eachChange<T>(draw: (change: Change, disk: number) => T) {
  const drawn = new Map<Change, T>();
  return (change: Change, disk: number): T => {
    let answer = drawn.get(change);
    if (answer === undefined) drawn.set(change, (answer = draw(change, disk)));
    return answer;
  };
}

export const survivalNames = ['none', 'all', 'some', 'torn', 'disks', 'prefix', 'suffix'] as const;
export type SurvivalName = (typeof survivalNames)[number];

/**
 * - some: each change with the same odds
 * - torn: so, but every other change is decided sector by sector, and of metadata a part of a sector may be new
 * - disks: a disk wrote back all, or nothing
 * - prefix, suffix: all that was issued before a moment, or after it
 */
export function survival(
  name: SurvivalName,
  random: () => number,
  orders: { readonly first: number; readonly last: number },
): Survival {
  const keep = 0.1 + 0.8 * random();
  const moment = orders.first + (orders.last - orders.first) * random();
  switch (name) {
    case 'none':
      return noneSurvives;
    case 'all':
      return allSurvives;
    case 'some':
      return eachChange(() => random() < keep);
    case 'torn': {
      const whole = eachChange(() => random() < 0.5);
      const kept = eachChange(() => random() < keep);
      return (change, disk) =>
        whole(change, disk)
          ? kept(change, disk)
          : random() < keep && (random() < 0.3 ? 'part' : true);
    }
    case 'disks': {
      const kept = Array.from({ length: 32 }, () => random() < 0.5);
      return (_, disk) => kept[disk] ?? false;
    }
    case 'prefix':
      return ({ order }) => order < moment;
    case 'suffix':
      return ({ order }) => order >= moment;
  }
}

/** Of a page's first sector the checksum and the sequence number, and nothing that they stand for. */
const partBytes = 24;

/**
 * A sector of which the beginning is new. Of metadata only, which promises not to need whole sectors; the
 * rest is a disk's promise.
 */
function partlyWritten(change: Change, before: Change, sector: number): Change {
  if (change.versions[sector - change.sector] !== foreign) return change;
  const data = Buffer.from(bytesOf(before, sector));
  bytesOf(change, sector).copy(data, 0, 0, partBytes);
  const versions = Int32Array.of(foreign);
  return { ...change, sector, sectors: 1, data, versions, homes: Int32Array.of(-1) };
}

/** What the disks hold after a crash: of what survives on a sector the youngest. */
export function crashed(disks: readonly Medium[], survives: Survival): View {
  return disks.map((medium, disk) => {
    const view = [...medium.durable];
    for (const [sector, changes] of medium.uncertain) {
      for (const change of changes) {
        const survived = survives(change, disk, sector);
        if (survived === true) view[sector] = change;
        if (survived === 'part') {
          view[sector] = partlyWritten(change, view[sector] as Change, sector);
        }
      }
    }
    return view;
  });
}
