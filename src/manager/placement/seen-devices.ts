import type { DeviceId, FailureDomains, HostId } from '../../../libs/contract/index.js';
import type { Place } from '../../../libs/placement/index.js';
import type { DeviceRow } from './facts.repository.js';

type SeenDevice = Omit<DeviceRow, 'domains'> & Place;

/**
 * Devices as hosts see them. Equal texts and equal failure domains, which nobody changes, are one and the same:
 * facts stay in memory for long, and each full collection walks through all of them.
 */
export class SeenDevices {
  private readonly byHost = new Map<HostId, Map<DeviceId, SeenDevice>>();
  private readonly texts = new Map<string, string>();
  private readonly domains = new Map<string, FailureDomains>();

  constructor(rows: readonly DeviceRow[]) {
    for (const row of rows) this.add(row);
  }

  /** Undefined when the host has forgotten it. */
  get(hostId: HostId, deviceId: DeviceId): SeenDevice | undefined {
    return this.byHost.get(hostId)?.get(deviceId);
  }

  of(hostId: HostId): Place[] {
    const seen = this.byHost.get(hostId);
    return seen ? Array.from(seen.values(), placeOf) : [];
  }

  /** The text that was met first of equal ones. */
  one<Text extends string | null>(text: Text): Text {
    if (text === null) return text;
    const first = this.texts.get(text);
    if (first === undefined) this.texts.set(text, text);
    return (first ?? text) as Text;
  }

  domainsOf(json: string | null): FailureDomains {
    const text = json ?? '{}';
    const known = this.domains.get(text);
    if (known) return known;
    const domains = JSON.parse(text) as FailureDomains;
    for (const level of ['enclosure', 'controller', 'power', 'rack'] as const) {
      const name = domains[level];
      if (name !== undefined) domains[level] = this.one(name);
    }
    this.domains.set(text, domains);
    return domains;
  }

  private add(row: DeviceRow): void {
    const device: SeenDevice = {
      ...row,
      deviceId: this.one(row.deviceId),
      diskId: this.one(row.diskId),
      hostId: this.one(row.hostId),
      domains: this.domainsOf(row.domains),
      media: this.one(row.media),
      model: this.one(row.model),
      firmware: this.one(row.firmware),
    };
    const devices = this.byHost.get(device.hostId);
    if (devices) devices.set(device.deviceId, device);
    else this.byHost.set(device.hostId, new Map([[device.deviceId, device]]));
  }
}

const placeOf = ({ deviceId, diskId, hostId, domains }: Place): Place => ({
  deviceId,
  diskId,
  hostId,
  domains,
});
