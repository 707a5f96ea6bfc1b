import type { HostId, ObservedArray } from '../../../libs/contract/index.js';
import type { NewEvent } from '../events/events.service.js';

/** What is worth telling between two looks at a host's arrays. */
export function arrayEvents(
  hostId: HostId,
  before: readonly ObservedArray[],
  now: readonly ObservedArray[],
): NewEvent[] {
  const known = new Map(before.map((array) => [array.uuid, array]));
  return now.flatMap((array) => {
    const was = known.get(array.uuid)?.degraded ?? 0;
    if (was === array.degraded) return [];
    const degraded = array.degraded > 0;
    const { uuid, kernelName, level, raidDisks, syncAction } = array;
    return [
      {
        type: degraded ? 'array.degraded' : 'array.clean',
        severity: degraded ? 'error' : 'info',
        hostId,
        message: degraded
          ? `array ${kernelName} lacks ${array.degraded} of ${raidDisks} members`
          : `array ${kernelName} is complete again`,
        data: { uuid, kernelName, level, raidDisks, degraded: array.degraded, syncAction },
      },
    ];
  });
}
