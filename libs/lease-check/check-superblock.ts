import { currentCopy, leaseGeometry, renderSuperblock } from '../dm-table/index.js';
import type { CopyPair, MetadataCopy, Superblock } from '../dm-table/index.js';
import type { FindingList } from './finding-list.js';
import { geometryFault } from './geometry-fault.js';
import { isBlank, undefinedByte } from './undefined-bytes.js';

/** What is known of an extent besides its metadata. */
export interface LeaseRoom {
  /** From the start of the lease to the end of its device. */
  readonly sectorsToEnd: number;
  /** What a table line or the books say, when they are asked. */
  readonly lengthSectors?: number | undefined;
}

const UNSUPPORTED: readonly string[] = ['bad-version', 'bad-value', 'value-too-large'];
const TORN = 'If the host crashed or lost power, that is its last write and nothing is wrong';

function checkCopy(copy: MetadataCopy<Superblock>, name: string, found: FindingList): void {
  const { content, bytes, offsetBytes } = copy;
  if (content.ok) {
    const at = bytes && undefinedByte(bytes, renderSuperblock(content.value));
    if (at !== undefined) {
      found.add(
        'warning',
        'superblock-undefined-bytes',
        offsetBytes + at,
        `Superblock ${name} has a byte set that version 1 leaves zero. Check it with the dmremap that belongs to the module that wrote it.`,
      );
    }
  } else if (content.code === 'unreadable') {
    found.add(
      'error',
      'unreadable',
      offsetBytes,
      `Superblock ${name} cannot be read, and the kernel refuses the lease. While the target runs, evacuate the lease; otherwise copy the spare with ddrescue and check the copy.`,
    );
  } else if (UNSUPPORTED.includes(content.code)) {
    found.add(
      'error',
      'superblock-unsupported',
      offsetBytes,
      `Superblock ${name} is whole, but not of version 1: ${content.message}. Use the dmremap and the kernel module that wrote it.`,
    );
  } else {
    const reason = bytes && isBlank(bytes) ? 'it is all zeroes' : content.message;
    found.add(
      'warning',
      'superblock-damaged',
      offsetBytes,
      `Superblock ${name} does not count: ${reason}. ${TORN}, the next table writes it again; otherwise look at the health of the spare.`,
    );
  }
}

const identityOf = ({ leaseId, targetId, ...rest }: Superblock): string =>
  [
    leaseId,
    targetId,
    rest.lengthSectors,
    rest.dataStartSectors,
    rest.nrBlocks,
    rest.blockSectors,
  ].join();

function checkPair([first, second]: CopyPair<Superblock>, found: FindingList): void {
  if (!first.content.ok || !second.content.ok) return;
  const [a, b] = [first.content.value, second.content.value];
  if (identityOf(a) !== identityOf(b)) {
    found.add(
      'error',
      'copies-disagree',
      second.offsetBytes,
      `The two superblocks are of different leases (${a.leaseId} and ${b.leaseId}) or layouts. Something wrote over one of them: do not start the target before it is known what.`,
    );
  }
  const step = a.sequence - b.sequence;
  if (step !== 1n && step !== -1n) {
    found.add(
      'warning',
      'superblock-sequence',
      second.offsetBytes,
      `The superblocks have the sequences ${a.sequence.toString()} and ${b.sequence.toString()}, which do not follow each other: the spare lost a write that it had acknowledged. Replace the spare.`,
    );
  }
}

function checkState(superblock: Superblock, at: number, found: FindingList): void {
  const { generation, mainSectors, members, leaseId, metadataFailed } = superblock;
  const ran = generation > 0;
  if (ran !== mainSectors > 0 || ran !== members.length > 0) {
    found.add(
      'warning',
      'state-contradicts',
      at,
      `The superblock has generation ${generation}, a target of ${mainSectors} sectors and ${members.length} members; all are zero, or none. Report this as a bug of what wrote it.`,
    );
  }
  if (ran && !members.includes(leaseId)) {
    found.add(
      'error',
      'members-wrong',
      at,
      'The lease does not count itself among the members of its target. Do not start the target; report this as a bug of what wrote it.',
    );
  }
  if (new Set(members).size !== members.length) {
    found.add(
      'error',
      'members-wrong',
      at,
      'The superblock names a member twice. Do not start the target; report this as a bug of what wrote it.',
    );
  }
  if (metadataFailed) {
    found.add(
      'warning',
      'metadata-failed',
      at,
      'The kernel could not write metadata here and places nothing more in this lease. Evacuate the lease and replace the spare.',
    );
  }
}

function checkGeometry(
  superblock: Superblock,
  at: number,
  room: LeaseRoom,
  found: FindingList,
): boolean {
  const { lengthSectors, blockSectors, nrBlocks, dataStartSectors } = superblock;
  if (room.lengthSectors !== undefined && room.lengthSectors !== lengthSectors) {
    found.add(
      'error',
      'length-differs',
      at,
      `The lease is ${lengthSectors} sectors long by its superblock, not ${room.lengthSectors}; the kernel refuses a table that says otherwise. Give the length of the superblock.`,
    );
  }
  if (lengthSectors > room.sectorsToEnd) {
    found.add(
      'error',
      'lease-truncated',
      at,
      `The lease is ${lengthSectors} sectors long, but its device ends after ${room.sectorsToEnd}. Give the whole device, or restore its size.`,
    );
  }
  const fault = geometryFault(superblock, room.sectorsToEnd);
  if (fault !== undefined) {
    found.add(
      'error',
      'geometry-impossible',
      at,
      `The layout of the lease is impossible: ${fault}. Report this as a bug of what formatted it.`,
    );
    return false;
  }
  const best = leaseGeometry(lengthSectors, blockSectors);
  if (
    best.ok &&
    (best.value.nrBlocks !== nrBlocks || best.value.dataStartSectors !== dataStartSectors)
  ) {
    found.add(
      'note',
      'geometry-wasteful',
      at,
      `The lease has ${nrBlocks} blocks from sector ${dataStartSectors}; its length has room for ${best.value.nrBlocks}. The kernel takes it as it is.`,
    );
  }
  return true;
}

function reportNone(copies: CopyPair<Superblock>, found: FindingList): void {
  const codes = copies.map(({ content }) => (content.ok ? undefined : content.code));
  if (codes.some((code) => code === 'unreadable' || UNSUPPORTED.includes(code ?? ''))) {
    copies.forEach((copy, index) => {
      checkCopy(copy, `copy ${index}`, found);
    });
    return;
  }
  const blank = copies.every(({ bytes }) => bytes !== undefined && isBlank(bytes));
  const reasons = copies.map(({ content }) => (content.ok ? '' : content.message));
  found.add(
    'error',
    'superblock-lost',
    0,
    blank
      ? 'There is no superblock here, only zeroes: this is no lease, or it was wiped. Was the offset right?'
      : `There is no valid superblock here (${reasons.join('; ')}). Do not format it: if a lease was here, its entry pages still tell what it holds.`,
  );
}

/** The superblock that counts; undefined when there is none, or when the pages behind it cannot be found. */
export function checkSuperblock(
  copies: CopyPair<Superblock>,
  room: LeaseRoom,
  found: FindingList,
): Superblock | undefined {
  const current = currentCopy(copies);
  if (current === undefined) {
    reportNone(copies, found);
    return undefined;
  }
  found.identify(current.value);
  copies.forEach((copy, index) => {
    checkCopy(copy, `copy ${index}`, found);
  });
  checkPair(copies, found);
  const at = current.copy.offsetBytes;
  checkState(current.value, at, found);
  return checkGeometry(current.value, at, room, found) ? current.value : undefined;
}
