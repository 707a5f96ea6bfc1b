import type { FindingCode, FindingSeverity, MetadataFinding } from '../contract/index.js';
import { SECTOR_BYTES } from '../contract/index.js';
import { assemble } from '../dm-table/index.js';
import type { LeaseUnderCheck, LiveEntry } from './check-lease.js';

type Report = (
  severity: FindingSeverity,
  code: FindingCode,
  lease: LeaseUnderCheck,
  message: string,
  leaseOffsetBytes?: number,
) => void;

export interface TargetCheckOptions {
  /** All devices that may hold leases of these targets are given, so a missing member is lost. */
  readonly complete: boolean;
}

const where = ({ place }: LeaseUnderCheck) => `${place.device} at sector ${place.offsetSectors}`;

function checkDistinct(leases: readonly LeaseUnderCheck[], report: Report): LeaseUnderCheck[] {
  const places = new Map<string, LeaseUnderCheck>();
  return leases.filter((lease) => {
    const { leaseId } = lease.superblock;
    const before = places.get(leaseId);
    if (before === undefined) {
      places.set(leaseId, lease);
      return true;
    }
    report(
      'error',
      'lease-twice',
      lease,
      `This lease is also on ${where(before)}: one is a copy of the other. Detach or wipe the copy before the target starts.`,
    );
    return false;
  });
}

function checkAgreement(leases: readonly LeaseUnderCheck[], report: Report): void {
  const [first] = leases;
  const ran = leases.filter(({ superblock }) => superblock.mainSectors > 0);
  for (const lease of leases) {
    if (lease.superblock.blockSectors !== first?.superblock.blockSectors) {
      report(
        'error',
        'target-disagrees',
        lease,
        `This lease has blocks of ${lease.superblock.blockSectors} sectors, another of its target has ${first?.superblock.blockSectors ?? 0}; the kernel takes no such set. Find out which one belongs to the target.`,
      );
    }
  }
  for (const lease of ran) {
    if (lease.superblock.mainSectors !== ran[0]?.superblock.mainSectors) {
      report(
        'error',
        'target-disagrees',
        lease,
        `By this lease the target has ${lease.superblock.mainSectors} sectors, by another ${ran[0]?.superblock.mainSectors ?? 0}; the kernel takes no such set. Find out which one belongs to the target.`,
      );
    }
  }
}

function checkMembers(
  leases: readonly LeaseUnderCheck[],
  { complete }: TargetCheckOptions,
  report: Report,
): void {
  const [first] = leases;
  if (first === undefined) return;
  const assembly = assemble(
    first.superblock.targetId,
    leases.map(({ superblock }) => superblock),
  );
  const newest = leases.reduce((best, lease) =>
    lease.superblock.generation > best.superblock.generation ? lease : best,
  );
  if (!assembly.ok) {
    report(
      'error',
      'members-disagree',
      newest,
      `${assembly.message}. Do not start the target; two tables ran with one generation.`,
    );
    return;
  }
  const { generation, members, missing } = assembly.value;
  for (const leaseId of missing) {
    report(
      complete ? 'error' : 'warning',
      'member-missing',
      newest,
      `Lease ${leaseId} belongs to the target too and is not on the devices given; without it the kernel refuses the target. Give its device as well, or find it.`,
    );
  }
  for (const lease of leases) {
    const { generation: own, leaseId } = lease.superblock;
    if (own === generation || generation === 0) continue;
    if (members.includes(leaseId)) {
      report(
        'warning',
        'member-behind',
        lease,
        `This lease is of generation ${own}, its target of ${generation}: a table started and its superblock was not written. The next table writes it; if that does not help, replace the spare.`,
      );
    } else if (own > 0) {
      report(
        'warning',
        'not-a-member',
        lease,
        `This lease was left out of the target at generation ${generation}, and still has ${lease.live.length} entries. Do not lend it to the target again as it is; wipe it when nothing needs it.`,
      );
    }
  }
}

interface Claim {
  readonly lease: LeaseUnderCheck;
  readonly entry: LiveEntry;
}

const block = ({ lease, entry }: Claim) =>
  `lease block ${entry.leaseBlock} of ${lease.superblock.leaseId}`;

/** Which entry wins for a block, and whether one does. */
function checkEntries(leases: readonly LeaseUnderCheck[], report: Report): void {
  const winners = new Map<bigint, Claim>();
  const sequences = new Map<bigint, Claim>();
  const add = (claim: Claim) => {
    const { lease, entry } = claim;
    const before = winners.get(entry.mainBlock);
    if (before === undefined) {
      winners.set(entry.mainBlock, claim);
    } else if (before.entry.sequence === entry.sequence) {
      report(
        'error',
        'entry-tie',
        lease,
        `Main block ${entry.mainBlock.toString()} has two entries with sequence ${entry.sequence.toString()}, here and in ${block(before)}: which one is right is not known. Rebuild the block from redundancy before the target starts.`,
        entry.offsetBytes,
      );
    } else {
      const [winner, loser] =
        before.entry.sequence > entry.sequence ? [before, claim] : [claim, before];
      winners.set(entry.mainBlock, winner);
      report(
        'note',
        'entry-superseded',
        loser.lease,
        `Main block ${entry.mainBlock.toString()} lives in ${block(winner)} since sequence ${winner.entry.sequence.toString()}; this entry of sequence ${loser.entry.sequence.toString()} is what it replaced. Nothing is to be done.`,
        loser.entry.offsetBytes,
      );
    }
    const same = sequences.get(entry.sequence);
    if (same !== undefined && same.entry.mainBlock !== entry.mainBlock) {
      report(
        'warning',
        'sequence-repeated',
        lease,
        `The entries of main blocks ${entry.mainBlock.toString()} and ${same.entry.mainBlock.toString()} have one sequence, ${entry.sequence.toString()}. Report this as a bug of what wrote them.`,
        entry.offsetBytes,
      );
    }
    sequences.set(entry.sequence, claim);
  };
  for (const lease of leases) for (const entry of lease.live) add({ lease, entry });
}

/** What can only be seen from all leases of a target together. */
export function checkTargets(
  leases: readonly LeaseUnderCheck[],
  options: TargetCheckOptions,
): MetadataFinding[] {
  const findings: MetadataFinding[] = [];
  const report: Report = (severity, code, lease, message, leaseOffsetBytes = 0) => {
    const { place, superblock } = lease;
    findings.push({
      severity,
      code,
      device: place.device,
      offsetBytes: place.offsetSectors * SECTOR_BYTES + leaseOffsetBytes,
      leaseId: superblock.leaseId,
      targetId: superblock.targetId,
      message,
    });
  };
  for (const targetId of new Set(leases.map(({ superblock }) => superblock.targetId))) {
    const own = leases.filter(({ superblock }) => superblock.targetId === targetId);
    const distinct = checkDistinct(own, report);
    checkAgreement(distinct, report);
    checkMembers(distinct, options, report);
    checkEntries(distinct, report);
  }
  return findings;
}
