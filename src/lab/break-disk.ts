import { z } from 'zod';
import { errorNode, errorNodeName, topNode } from './block-graph.js';
import {
  type Breakage,
  broken,
  type Direction,
  healed,
  intact,
  readBreakage,
  writeBreakage,
} from './breakage.js';
import { UsageError } from './errors.js';
import type { HostPaths } from './host-files.js';
import { Qmp } from './qmp.js';
import type { SectorRange } from './sector-ranges.js';
import { type DiskSpec, sectorsOn } from './topology.js';

export type BreakageChange =
  { readonly break: SectorRange; readonly on: Direction } | { readonly heal: SectorRange | 'all' };

function checkRange(disk: DiskSpec, range: SectorRange): void {
  const sectors = sectorsOn(disk);
  const end = range.start + range.count;
  if (range.start >= 0 && range.count > 0 && end <= sectors) return;
  throw new UsageError(
    `Sectors ${range.start}+${range.count} are not on ${disk.name}, which has ${sectors} sectors.`,
  );
}

function changed(disk: DiskSpec, before: Breakage, change: BreakageChange): Breakage {
  if ('heal' in change) {
    if (change.heal === 'all') return healed(before);
    checkRange(disk, change.heal);
    return healed(before, change.heal);
  }
  checkRange(disk, change.break);
  return broken(before, change.break, change.on);
}

const namedNodes = z.array(z.object({ 'node-name': z.string() }));

/** Puts a new error node under the device of a running disk; QEMU drains what is in flight first. */
export async function swapErrorNode(qmp: Qmp, disk: DiskSpec, breakage: Breakage): Promise<void> {
  const nodes = namedNodes.parse(await qmp.execute('query-named-block-nodes', { flat: true }));
  const prefix = errorNodeName(disk, 0).slice(0, -1);
  const current = nodes
    .map((node) => node['node-name'])
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)));
  const number = Math.max(...current) + 1;
  await qmp.execute('blockdev-add', errorNode(disk, number, breakage));
  await qmp.execute('blockdev-reopen', { options: [topNode(disk, errorNodeName(disk, number))] });
  for (const old of current) {
    await qmp.execute('blockdev-del', { 'node-name': errorNodeName(disk, old) });
  }
}

/** Records the change, and lets a running guest feel it at once. */
export async function changeBreakage(
  paths: HostPaths,
  disk: DiskSpec,
  change: BreakageChange,
  running: boolean,
): Promise<void> {
  const all = await readBreakage(paths.breakage);
  const after = changed(disk, all[disk.name] ?? intact, change);
  errorNode(disk, 0, after); // refuses more than QEMU can take, before anything is changed
  if (running) await Qmp.with(paths.qmp, (qmp) => swapErrorNode(qmp, disk, after));
  await writeBreakage(paths.breakage, { ...all, [disk.name]: after });
}
