import type { DeviceId } from '../contract/index.js';
import type { ArrayFact, HostFacts, Place, TargetFact } from './snapshot.js';

/** One other member of an array, with every disk it leans on. */
export interface ArrayMember {
  kind: 'target' | 'disk';
  name: string;
  /** What makes it a member. */
  why: string;
  places: Place[];
}

/** For people: `target r0-b (array md0)`. */
export const labelOf = ({ kind, name, why }: ArrayMember): string => `${kind} ${name} (${why})`;

const targetMember = (target: TargetFact, why: string): ArrayMember => ({
  kind: 'target',
  name: target.name,
  why,
  places: [target.main, ...target.leases],
});

/** The arrays that the target is in, and those that they are members of in turn. */
export function arraysAbove(
  self: Pick<TargetFact, 'id'>,
  host: Pick<HostFacts, 'arrays'>,
): ArrayFact[] {
  const above = host.arrays.filter((array) => array.members.some((m) => m.targetId === self.id));
  for (const inner of above)
    for (const outer of host.arrays)
      if (!above.includes(outer) && outer.members.some((m) => m.kernelName === inner.name))
        above.push(outer);
  return above;
}

/**
 * The other members of every array that leans on the target: arrays as observed, with what the arrays
 * among their members consist of, and the peers declared at creation, in both directions.
 */
export function otherArrayMembers(self: TargetFact, host: HostFacts): ArrayMember[] {
  const members: ArrayMember[] = [];
  const addTarget = (target: TargetFact | undefined, why: string) => {
    if (target && target.id !== self.id) members.push(targetMember(target, why));
  };
  const addDevice = (deviceId: DeviceId, why: string) => {
    if (deviceId === self.main.deviceId) return;
    const target = host.targets.find((t) => t.main.deviceId === deviceId);
    if (target) {
      addTarget(target, why);
      return;
    }
    const disk = host.disks.find((d) => d.deviceId === deviceId);
    if (disk) members.push({ kind: 'disk', name: deviceId, why, places: [disk] });
  };

  // A set grows while it is walked: arrays among the members are walked in their turn, each once.
  const arrays = new Set(arraysAbove(self, host));
  for (const array of arrays) {
    const why = `array ${array.name}`;
    for (const { targetId, deviceId, kernelName } of array.members) {
      if (targetId) {
        addTarget(
          host.targets.find((t) => t.id === targetId),
          why,
        );
      } else if (deviceId) addDevice(deviceId, why);
      else if (kernelName) {
        const inner = host.arrays.find((a) => a.name === kernelName);
        if (inner) arrays.add(inner);
      }
    }
  }
  for (const peer of self.arrayPeers) addDevice(peer, 'declared array peer');
  for (const target of host.targets)
    if (target.arrayPeers.includes(self.main.deviceId)) addTarget(target, 'declared array peer');
  return members;
}
