import type { DesiredState, Generation, LeaseId, TargetId } from '../../libs/contract/index.js';
import type { KnownLease, Memory } from './memory.js';

const union = <T>(first: readonly T[], second: readonly T[]): T[] => [
  ...new Set([...first, ...second]),
];

function leasesIn(desired: DesiredState): KnownLease[] {
  return desired.targets.flatMap(({ targetId, leases }) =>
    leases.map((lease) => ({ ...lease, targetId })),
  );
}

/** Takes a desired state as the one to bring about; one that is older than the last is left aside. */
export function acceptDesired(memory: Memory, desired: DesiredState): Memory {
  if (memory.desired !== null && desired.generation < memory.desired.generation) return memory;
  const wanted = leasesIn(desired);
  const wantedIds = new Set(wanted.map(({ leaseId }) => leaseId));
  const toWipe = new Set(desired.wipeLeases.map(({ leaseId }) => leaseId));
  const wantedTargets = new Set(desired.targets.map(({ targetId }) => targetId));
  return {
    ...memory,
    desired,
    evacuations: memory.evacuations.filter(({ targetId }) => wantedTargets.has(targetId)),
    knownLeases: [
      ...memory.knownLeases.filter(({ leaseId }) => !wantedIds.has(leaseId)),
      ...wanted,
    ],
    wipedLeases: memory.wipedLeases.filter((leaseId) => toWipe.has(leaseId)),
  };
}

export function markApplied(memory: Memory, generation: Generation): Memory {
  return memory.appliedGeneration === generation
    ? memory
    : { ...memory, appliedGeneration: generation };
}

/** To be on disk before a table with these leases is loaded. */
export function markLive(memory: Memory, leaseIds: readonly LeaseId[]): Memory {
  const liveLeases = union(memory.liveLeases, leaseIds);
  return liveLeases.length === memory.liveLeases.length ? memory : { ...memory, liveLeases };
}

export function markWiped(memory: Memory, leaseId: LeaseId): Memory {
  return {
    ...memory,
    knownLeases: memory.knownLeases.filter((lease) => lease.leaseId !== leaseId),
    liveLeases: memory.liveLeases.filter((live) => live !== leaseId),
    wipedLeases: union(memory.wipedLeases, [leaseId]),
  };
}

/** To be on disk before the kernel is asked to empty the lease; null once no lease of the target is. */
export function markEvacuating(
  memory: Memory,
  targetId: TargetId,
  leaseId: LeaseId | null,
): Memory {
  const others = memory.evacuations.filter((each) => each.targetId !== targetId);
  return { ...memory, evacuations: leaseId === null ? others : [...others, { targetId, leaseId }] };
}

/** Forgets the extents of targets that are neither wanted nor there. */
export function forgetGone(memory: Memory, running: ReadonlySet<TargetId>): Memory {
  const desired = memory.desired;
  if (desired === null) return memory;
  const wanted = new Set([
    ...desired.targets.map(({ targetId }) => targetId),
    ...desired.absentTargets.map(({ targetId }) => targetId),
    ...running,
  ]);
  const wiping = new Set(desired.wipeLeases.map(({ leaseId }) => leaseId));
  const gone = memory.knownLeases.filter(
    ({ leaseId, targetId }) => !wanted.has(targetId) && !wiping.has(leaseId),
  );
  if (gone.length === 0) return memory;
  const ids = new Set(gone.map(({ leaseId }) => leaseId));
  return {
    ...memory,
    knownLeases: memory.knownLeases.filter(({ leaseId }) => !ids.has(leaseId)),
    liveLeases: memory.liveLeases.filter((leaseId) => !ids.has(leaseId)),
  };
}
