import type { DeviceId, TargetId } from '../contract/index.js';
import type { FleetSnapshot, Place, TargetFact } from './snapshot.js';

/** One other member of an array, with every disk it leans on. */
export interface ArrayMember {
  /** For people: `target r0-b (array md0)`. */
  label: string;
  places: Place[];
}

function targetMember(target: TargetFact, why: string): ArrayMember {
  return { label: `target ${target.name} (${why})`, places: [target.main, ...target.leases] };
}

/**
 * The other members of every array that holds the target: arrays as observed, and the peers declared at
 * creation, in both directions.
 */
export function otherArrayMembers(targetId: TargetId, fleet: FleetSnapshot): ArrayMember[] {
  const self = fleet.targets.find((target) => target.id === targetId);
  if (!self) return [];
  const onHost = fleet.targets.filter((t) => t.hostId === self.hostId && t.id !== self.id);

  const deviceMember = (deviceId: DeviceId, why: string): ArrayMember | undefined => {
    if (deviceId === self.main.deviceId) return undefined;
    const target = onHost.find((t) => t.main.deviceId === deviceId);
    if (target) return targetMember(target, why);
    const disk = fleet.disks.find((d) => d.hostId === self.hostId && d.deviceId === deviceId);
    return disk && { label: `disk ${deviceId} (${why})`, places: [disk] };
  };

  const observed = fleet.arrays
    .filter((a) => a.hostId === self.hostId && a.members.some((m) => m.targetId === targetId))
    .flatMap((array) =>
      array.members.map((member) => {
        const why = `array ${array.name}`;
        if (member.targetId) {
          const target = onHost.find((t) => t.id === member.targetId);
          return target && targetMember(target, why);
        }
        return member.deviceId && deviceMember(member.deviceId, why);
      }),
    );
  const declared = self.arrayPeers.map((peer) => deviceMember(peer, 'declared array peer'));
  const declaring = onHost
    .filter((t) => t.arrayPeers.includes(self.main.deviceId))
    .map((t) => targetMember(t, 'declared array peer'));
  const byLabel = new Map<string, ArrayMember>();
  for (const member of [...observed, ...declared, ...declaring])
    if (member) byLabel.set(member.label, member);
  return [...byLabel.values()];
}
