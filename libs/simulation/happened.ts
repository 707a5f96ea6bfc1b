import type { HostHistory } from './history.js';

/** What happened to the fleet, the same for every policy. */
export interface Happened {
  mainDevices: number;
  spareDevices: number;
  mainDevicesDied: number;
  /** Replaced before they died. */
  mainDevicesCopied: number;
  sparesDied: number;
  /** Taken out with a warning: they would have died, or were worn out. */
  sparesRetired: number;
  devicesWithErrors: number;
  bursts: number;
  enclosureLosses: number;
  hostLosses: number;
}

export const NOTHING: Happened = {
  ...{ mainDevices: 0, spareDevices: 0, mainDevicesDied: 0, mainDevicesCopied: 0 },
  ...{ sparesDied: 0, sparesRetired: 0, devicesWithErrors: 0, bursts: 0 },
  ...{ enclosureLosses: 0, hostLosses: 0 },
};

/** Adds what happened to one host. */
export function count(to: Happened, { layout, events }: HostHistory): void {
  to.mainDevices += layout.mains;
  to.spareDevices += layout.bays.length - layout.mains;
  // By bay, since when: a new drive in the bay is another device.
  const failing = new Set<number>();
  for (const event of events) {
    switch (event.kind) {
      case 'errors':
        to.bursts += 1;
        if (!failing.has(event.bay)) to.devicesWithErrors += 1;
        failing.add(event.bay);
        break;
      case 'end':
        if (event.bay < layout.mains) to.mainDevicesDied += 1;
        else if (event.foreseen) to.sparesRetired += 1;
        else to.sparesDied += 1;
        break;
      case 'replacement':
        failing.delete(event.bay);
        if (event.copied) to.mainDevicesCopied += 1;
        break;
      case 'enclosure-lost':
        to.enclosureLosses += 1;
        break;
      case 'host-lost':
        to.hostLosses += 1;
        break;
      case 'warning':
      case 'rebuilt':
      case 'enclosure-back':
      case 'host-back':
        break;
    }
  }
}
