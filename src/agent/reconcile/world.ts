import type {
  DesiredLease,
  DesiredState,
  DesiredTarget,
  DeviceId,
  Generation,
  HostId,
  LeaseId,
  Sectors,
  TargetId,
} from '../../../libs/contract/index.js';
import type { RemapStatus, RemapTable, Superblock } from '../../../libs/dm-table/index.js';
import type { Attempt } from '../evacuate/attempts.js';
import type { LeaseProbe } from '../lease/lease-device.js';
import type { KnownLease } from '../memory.js';
import type { ActualDevice, ActualHost } from './actual.js';
import type { Step, TablePlan } from './steps.js';

/** Stand-ins for tests: identities by number, a host in memory, and the kernel's own rules on it. */
const uuid = (kind: string, number: number) =>
  `${kind.repeat(8)}-0000-4000-8000-${String(number).padStart(12, '0')}`;
export const leaseId = (number: number) => uuid('a', number) as LeaseId;
export const targetId = (number: number) => uuid('b', number) as TargetId;
export const deviceId = (name: string) => `wwn:${name}` as DeviceId;
export const MAIN_SECTORS = 1_048_576 as Sectors;
const LEASE_SECTORS = 16_384 as Sectors;

/** Lease `n` lies in slot `n` of the spare. */
export function lease(number: number, spare = 'spare'): DesiredLease {
  return {
    leaseId: leaseId(number),
    deviceId: deviceId(spare),
    offsetSectors: (2048 + number * LEASE_SECTORS) as Sectors,
    lengthSectors: LEASE_SECTORS,
    fresh: true,
    evacuate: false,
  };
}

export function target(
  generation: number,
  leases: readonly number[],
  changes: Partial<DesiredTarget> = {},
): DesiredTarget {
  return {
    targetId: targetId(1),
    name: 'r0',
    mainDeviceId: deviceId('main'),
    mainOffsetSectors: 0 as Sectors,
    lengthSectors: MAIN_SECTORS,
    blockSectors: 8,
    tableGeneration: generation as Generation,
    leases: leases.map((number) => lease(number)),
    ...changes,
  };
}

export function desiredState(
  targets: DesiredTarget[],
  changes: Partial<DesiredState> = {},
): DesiredState {
  return {
    hostId: uuid('c', 1) as HostId,
    generation: 1 as Generation,
    targets,
    absentTargets: [],
    wipeLeases: [],
    ...changes,
  };
}

export function superblock(
  number: number,
  generation = 0,
  members: readonly number[] = [],
  owner = 1,
): Superblock {
  return {
    sequence: 2n,
    generation: generation as Generation,
    targetId: targetId(owner),
    leaseId: leaseId(number),
    lengthSectors: LEASE_SECTORS,
    dataStartSectors: 208 as Sectors,
    nrBlocks: 2022,
    mainSectors: generation === 0 ? (0 as Sectors) : MAIN_SECTORS,
    blockSectors: 8,
    metadataFailed: false,
    members: members.map(leaseId),
    label: '',
  };
}

interface Mapped {
  name: string;
  targetId: TargetId;
  suspended: boolean;
  live: RemapTable | null;
  inactive: RemapTable | null;
}

const DEVNOS: ReadonlyMap<string, string> = new Map([
  ['main', '8:16'],
  ['spare', '8:32'],
]);

export class World {
  readonly devices = new Map<DeviceId, ActualDevice>();
  readonly mapped = new Map<string, Mapped>();
  /** By where they lie; a missing one is a blank extent. */
  readonly superblocks = new Map<string, Superblock>();
  readonly knownLeases: KnownLease[] = [];
  readonly liveLeases = new Set<LeaseId>();
  readonly wipedLeases = new Set<LeaseId>();
  readonly formatted: LeaseId[] = [];
  /** Of the targets; null where a test does not care. */
  status: RemapStatus | null = null;
  readonly evacuations = {
    asked: new Map<TargetId, LeaseId>(),
    attempts: new Map<LeaseId, Attempt>(),
    nowMs: 0,
  };

  constructor() {
    for (const [name, devno] of DEVNOS) {
      this.devices.set(deviceId(name), { devno, sizeSectors: MAIN_SECTORS, usedBy: [] });
    }
  }

  private place({ deviceId: id, offsetSectors }: DesiredLease): string {
    return `${this.devices.get(id)?.devno ?? 'gone'}+${offsetSectors}`;
  }

  put(at: DesiredLease, block: Superblock): this {
    this.superblocks.set(this.place(at), block);
    return this;
  }

  table({ target: wanted, generation, leases }: TablePlan): RemapTable {
    return {
      startSectors: 0 as Sectors,
      lengthSectors: wanted.lengthSectors,
      mainDevice: this.devices.get(wanted.mainDeviceId)?.devno ?? '',
      mainOffsetSectors: wanted.mainOffsetSectors,
      blockSectors: wanted.blockSectors,
      targetId: wanted.targetId,
      generation,
      leases: leases.map(({ deviceId: id, offsetSectors, lengthSectors }) => ({
        device: this.devices.get(id)?.devno ?? '',
        offsetSectors,
        lengthSectors,
      })),
      optionalArgs: null,
    };
  }

  remember(desired: DesiredState): void {
    for (const { targetId: owner, leases } of desired.targets) {
      for (const each of leases) {
        if (this.knownLeases.some((known) => known.leaseId === each.leaseId)) continue;
        this.knownLeases.push({ ...each, targetId: owner });
      }
    }
  }

  actual(desired: DesiredState): ActualHost {
    this.remember(desired);
    const extents = [...this.knownLeases, ...desired.wipeLeases];
    return {
      devices: this.devices,
      targets: [...this.mapped.values()].map(({ live, inactive, ...mapped }) => ({
        ...mapped,
        hasLiveTable: live !== null,
        table: live,
        hasInactiveTable: inactive !== null,
        inactive,
        status: this.status,
      })),
      probes: new Map(
        extents.map((extent): [LeaseId, LeaseProbe] => {
          const block = this.superblocks.get(this.place(extent));
          return [
            extent.leaseId,
            block ? { kind: 'superblock', superblock: block } : { kind: 'blank', entries: false },
          ];
        }),
      ),
      knownLeases: this.knownLeases,
      liveLeases: this.liveLeases,
      wipedLeases: this.wipedLeases,
      evacuations: this.evacuations,
    };
  }

  private at({ device, offsetSectors }: RemapTable['leases'][number]): string {
    return `${device}+${offsetSectors}`;
  }

  /** The kernel's constructor: what it refuses is an error here. */
  private construct(table: RemapTable, running: RemapTable | null): void {
    const found = table.leases.map((each) => this.superblocks.get(this.at(each)));
    const newest = Math.max(running?.generation ?? 0, ...found.map((sb) => sb?.generation ?? 0));
    if (table.generation < newest) throw new Error(`generation ${table.generation} < ${newest}`);
    if (found.some((sb) => sb?.targetId !== table.targetId)) throw new Error('not its lease');
    const kept = new Set(table.leases.map((each) => this.at(each)));
    const dropped = running?.leases.find((each) => !kept.has(this.at(each)));
    if (dropped !== undefined) throw new Error('a lease in use is left out');
  }

  /** What the target writes to its leases when it starts to run; a power cut may come after any. */
  private *run(table: RemapTable): Generator<undefined> {
    const members = table.leases.map((each) => {
      const found = this.superblocks.get(this.at(each));
      if (found === undefined) throw new Error('no superblock');
      return found.leaseId;
    });
    for (const each of table.leases) {
      const before = this.superblocks.get(this.at(each));
      if (before === undefined) continue;
      const { generation, lengthSectors: mainSectors } = table;
      this.superblocks.set(this.at(each), {
        ...before,
        sequence: before.sequence + 1n,
        generation,
        members,
        mainSectors,
      });
      yield;
    }
  }

  /** Goes through a step; each yield is a point where the agent, or the power, may fail. */
  *perform(step: Step): Generator<undefined> {
    switch (step.kind) {
      case 'clear':
      case 'resume':
      case 'remove':
        yield* this.change(step);
        break;
      case 'format':
        this.formatted.push(step.lease.leaseId);
        this.superblocks.delete(this.place(step.lease));
        yield;
        this.put(step.lease, {
          ...superblock(0),
          targetId: step.target.targetId,
          leaseId: step.lease.leaseId,
          blockSectors: step.target.blockSectors,
        });
        break;
      case 'create': {
        const table = this.table(step);
        for (const each of step.leases) this.liveLeases.add(each.leaseId);
        yield;
        const { name, targetId: owner } = step.target;
        const mapped: Mapped = {
          name,
          targetId: owner,
          suspended: false,
          live: null,
          inactive: null,
        };
        this.construct(table, null);
        this.mapped.set(name, mapped);
        yield;
        mapped.inactive = table;
        yield;
        yield* this.run(table);
        Object.assign(mapped, { live: table, inactive: null });
        break;
      }
      case 'load': {
        const mapped = this.mapped.get(step.name);
        if (mapped === undefined) throw new Error('no such device');
        for (const each of step.leases) this.liveLeases.add(each.leaseId);
        yield;
        const table = this.table(step);
        this.construct(table, mapped.live);
        mapped.inactive = table;
        break;
      }
      case 'cancel':
      case 'evacuate':
        break;
      case 'wipe':
        this.superblocks.delete(this.place(step.lease));
        yield;
        this.wipedLeases.add(step.lease.leaseId);
        this.liveLeases.delete(step.lease.leaseId);
        break;
    }
    yield;
  }

  private *change(step: Extract<Step, { kind: 'clear' | 'resume' | 'remove' }>) {
    const mapped = this.mapped.get(step.name);
    if (mapped === undefined) throw new Error('no such device');
    if (step.kind === 'clear') mapped.inactive = null;
    if (step.kind === 'remove') this.mapped.delete(step.name);
    if (step.kind === 'resume') {
      const next = mapped.inactive;
      if (next !== null) yield* this.run(next);
      Object.assign(mapped, { suspended: false, live: next ?? mapped.live, inactive: null });
    }
  }

  /** What is left when the power goes: the devices, and what is on disk. */
  cutPower(): void {
    this.mapped.clear();
  }
}
