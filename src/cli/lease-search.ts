import type { MetadataFinding } from '../../libs/contract/index.js';
import { SECTOR_BYTES } from '../../libs/contract/index.js';
import { PAGE_BYTES, scanForLeases } from '../../libs/dm-table/index.js';
import { checkStrays } from '../../libs/lease-check/index.js';
import type { ReadOnlyDevice } from './read-only-device.js';
import { size } from './render/units.js';

export interface Search {
  readonly offsetsSectors: readonly number[];
  readonly findings: readonly MetadataFinding[];
}

/** A dying disk takes seconds for each bad place; so many in one read, and the rest of it is passed over. */
const PATIENCE_PAGES = 16;

/** Reads for a scan: what cannot be read is zeroes, and remembered. */
class PatientReader {
  readonly unreadable: { start: number; end: number }[] = [];

  constructor(private readonly device: ReadOnlyDevice) {}

  readonly read = async (offset: number, length: number): Promise<Buffer> => {
    try {
      return await this.device.read(offset, length);
    } catch {
      return this.readPages(offset, length);
    }
  };

  private async readPages(offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    let bad = 0;
    for (let at = 0; at < length; at += PAGE_BYTES) {
      try {
        if (bad >= PATIENCE_PAGES) throw new Error('enough');
        (await this.device.read(offset + at, PAGE_BYTES)).copy(bytes, at);
      } catch {
        bad += 1;
        this.remember(offset + at);
      }
    }
    return bytes;
  }

  private remember(start: number): void {
    const last = this.unreadable.at(-1);
    if (last === undefined || start > last.end) {
      this.unreadable.push({ start, end: start + PAGE_BYTES });
    } else {
      last.end = Math.max(last.end, start + PAGE_BYTES);
    }
  }
}

/** Where the leases of a device are, by what is on it. */
export async function searchLeases(
  device: ReadOnlyDevice,
  giveUpAfterBytes: number,
): Promise<Search> {
  const reader = new PatientReader(device);
  const scan = await scanForLeases(reader.read, device.sizeSectors, giveUpAfterBytes);
  const finding = (
    severity: MetadataFinding['severity'],
    code: MetadataFinding['code'],
    offsetBytes: number | null,
    message: string,
  ): MetadataFinding => ({
    severity,
    code,
    device: device.path,
    offsetBytes,
    leaseId: null,
    targetId: null,
    message,
  });
  const outside = reader.unreadable.filter(
    ({ start }) =>
      !scan.leases.some(({ offsetSectors, superblock }) => {
        const leaseStart = offsetSectors * SECTOR_BYTES;
        return start >= leaseStart && start < leaseStart + superblock.lengthSectors * SECTOR_BYTES;
      }),
  );
  const stray = checkStrays(device.path, scan);
  const stopped = scan.scannedBytes + PAGE_BYTES <= device.sizeSectors * SECTOR_BYTES;
  const scanned = size(scan.scannedBytes / SECTOR_BYTES);
  return {
    offsetsSectors: scan.leases.map(({ offsetSectors }) => offsetSectors),
    findings: [
      ...outside.map(({ start, end }) =>
        finding(
          'warning',
          'unreadable',
          start,
          `${size((end - start) / SECTOR_BYTES)} from sector ${start / SECTOR_BYTES} cannot be read. A lease that begins there would not be found; if you know of one, give its --offset.`,
        ),
      ),
      ...stray,
      ...(scan.leases.length === 0 && stray.length === 0
        ? [finding('note', 'no-lease', null, `No lease was found in ${scanned}.`)]
        : []),
      ...(stopped
        ? [
            finding(
              'note',
              'scan-stopped',
              scan.scannedBytes,
              `The search stopped after ${scanned}. To go on, give a larger --give-up-after, or none.`,
            ),
          ]
        : []),
    ],
  };
}
