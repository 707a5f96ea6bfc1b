import type { DeviceId } from '../../../libs/contract/index.js';

export interface IdentityFacts {
  /** `/sys/block/X/device/wwid` or, for NVMe, `/sys/block/X/wwid`. */
  readonly wwid: string | undefined;
  readonly vendor: string;
  readonly model: string;
  readonly serial: string;
}

const safe = (text: string): string => text.trim().replaceAll(/[^A-Za-z0-9.+-]+/g, '_');

/** The identity that survives reboots and re-cabling; undefined for a disk that tells none. */
export function diskIdentity({ wwid, vendor, model, serial }: IdentityFacts): DeviceId | undefined {
  const [, scheme, hex] =
    /^(naa|eui)\.((?:[0-9a-f]{16}){1,2})$/.exec(wwid?.toLowerCase() ?? '') ?? [];
  if (hex !== undefined) return `${scheme === 'naa' ? 'wwn' : 'eui'}:${hex}` as DeviceId;
  if (serial === '') return undefined;
  const maker = vendor === '' ? model : vendor;
  const words = [maker, serial].filter((word) => word !== '').map(safe);
  return `serial:${words.join('_')}`.slice(0, 128) as DeviceId;
}

/** The unit serial number of a SCSI vital product data page 0x80: four bytes of header, then ASCII. */
export function serialOfVpdPage80(page: Buffer | undefined): string {
  if (page === undefined || page.length < 4) return '';
  const length = page.readUInt16BE(2);
  return page
    .toString('latin1', 4, 4 + length)
    .replaceAll('\0', '')
    .trim();
}
