import type {
  DesiredState,
  DeviceId,
  LeaseId,
  ObservedState,
  ObservedTarget,
} from '../../../libs/contract/index.js';
import { FakeHost } from '../fake-host';
import type { Media } from './media';

/** A host whose agent refuses what the real one refuses, and forgets what the real one would. */
export class BooksHost extends FakeHost {
  /** The desired state that is to be brought about, as far as the agent remembers one. */
  private desired: DesiredState | undefined;
  /** Leases that are wiped and reported so. */
  readonly confirmed = new Set<LeaseId>();
  /** Disks that were pulled. */
  readonly pulled = new Set<DeviceId>();
  /** Targets that ran before a reboot and that nobody has put together again. */
  private down = new Map<string, ObservedTarget>();
  private boots = 1;

  constructor(private readonly media: Media) {
    super([]);
  }

  override state(): ObservedState {
    const state = super.state();
    state.disks = state.disks.filter(({ id }) => !this.pulled.has(id));
    for (const leaseId of state.wipedLeases) this.confirmed.add(leaseId);
    return state;
  }

  /** The generation that anything newer must be above. */
  get accepted(): number {
    return this.desired?.generation ?? 0;
  }

  /** As the agent does all the time, whatever it was that changed. */
  reconcile(): void {
    if (this.desired) this.apply(this.desired);
  }

  /** Brings about what can be; all of it only when no disk is missing. */
  override apply(desired: DesiredState): void {
    if (desired.generation < this.accepted) return;
    this.desired = desired;
    const here = (deviceId: DeviceId) =>
      !this.pulled.has(deviceId) && this.disks.some(({ id }) => id === deviceId);
    const targets = desired.targets.filter(
      ({ targetId, mainDeviceId, leases }) =>
        (here(mainDeviceId) || this.targets.has(targetId)) &&
        leases.every(({ deviceId }) => here(deviceId)),
    );
    const wipeLeases = desired.wipeLeases.filter(({ deviceId }) => here(deviceId));
    const whole =
      targets.length === desired.targets.length && wipeLeases.length === desired.wipeLeases.length;
    for (const { targetId, leases } of targets) {
      for (const lease of leases) this.media.format(targetId, lease);
      const before = this.down.get(targetId);
      if (before) this.targets.set(targetId, before);
      this.down.delete(targetId);
    }
    for (const { targetId } of desired.absentTargets) this.down.delete(targetId);
    const generation = whole ? desired.generation : this.generation;
    super.apply({
      ...desired,
      generation: generation as DesiredState['generation'],
      targets,
      wipeLeases,
    });
    for (const lease of wipeLeases) this.wipe(lease, desired);
    const asked = new Set(desired.wipeLeases.map(({ leaseId }) => leaseId));
    this.wiped = new Set([...this.wiped].filter((leaseId) => asked.has(leaseId)));
  }

  private wipe(lease: DesiredState['wipeLeases'][number], { targets }: DesiredState): void {
    const { leaseId } = lease;
    const holds = ({ leases }: { leases: { leaseId: LeaseId }[] }) =>
      leases.some((held) => held.leaseId === leaseId);
    if (targets.some(holds)) throw new Error(`lease ${leaseId} is wanted and to be wiped`);
    if ([...this.targets.values()].some(holds))
      throw new Error(`lease ${leaseId} is to be wiped and in a running table`);
    this.media.wipe(lease);
  }

  /** Of a target that is there. */
  override remap(targetId: string, blocks: number): void {
    if (this.targets.has(targetId)) super.remap(targetId, blocks);
  }

  forget(): void {
    this.desired = undefined;
    this.generation = 0;
    this.wiped.clear();
  }

  reboot(): void {
    this.bootId = `boot-${++this.boots}`;
    for (const [id, target] of this.targets) this.down.set(id, target);
    this.targets.clear();
    this.kernel.reboot();
    for (const target of this.down.values()) target.job = null;
  }
}
