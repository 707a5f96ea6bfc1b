import type {
  FindingCode,
  FindingSeverity,
  LeaseId,
  MetadataFinding,
  TargetId,
} from '../contract/index.js';
import { SECTOR_BYTES } from '../contract/index.js';

/** An extent of a device that is, or should be, a lease. */
export interface LeasePlace {
  readonly device: string;
  readonly offsetSectors: number;
}

/** Findings about one lease; places are told from its start, and kept from the start of the device. */
export class FindingList {
  readonly findings: MetadataFinding[] = [];
  private leaseId: LeaseId | null = null;
  private targetId: TargetId | null = null;

  constructor(private readonly place: LeasePlace) {}

  /** From now on findings name the lease and its target. */
  identify(lease: { readonly leaseId: LeaseId; readonly targetId: TargetId }): void {
    ({ leaseId: this.leaseId, targetId: this.targetId } = lease);
  }

  add(
    severity: FindingSeverity,
    code: FindingCode,
    leaseOffsetBytes: number,
    message: string,
  ): void {
    const { device, offsetSectors } = this.place;
    this.findings.push({
      severity,
      code,
      device,
      offsetBytes: offsetSectors * SECTOR_BYTES + leaseOffsetBytes,
      leaseId: this.leaseId,
      targetId: this.targetId,
      message,
    });
  }
}
