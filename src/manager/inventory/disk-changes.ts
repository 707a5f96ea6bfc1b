import type { HostId, ObservedDisk } from '../../../libs/contract/index.js';
import type { NewEvent } from '../events/events.service.js';

/** That a disk says, or no longer says, that it will fail. */
export function predictionEvent(hostId: HostId, disk: ObservedDisk): NewEvent {
  const { id, kernelName, model, serial, measured } = disk;
  const { percentageUsed, powerOnHours } = measured;
  const willFail = measured.predictedFailing === true;
  return {
    type: willFail ? 'disk.failure-predicted' : 'disk.failure-not-predicted',
    severity: willFail ? 'warning' : 'info',
    hostId,
    message: `disk ${kernelName} (${id}) ${willFail ? 'says' : 'no longer says'} that it will fail`,
    data: { deviceId: id, kernelName, model, serial, percentageUsed, powerOnHours },
  };
}
