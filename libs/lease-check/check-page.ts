import { currentCopy, ENTRIES_PER_PAGE, renderEntryPage } from '../dm-table/index.js';
import type { CopyPair, Entry, EntryPage, MetadataCopy, Superblock } from '../dm-table/index.js';
import type { FindingList } from './finding-list.js';
import { isBlank, undefinedByte } from './undefined-bytes.js';

const FREE: Entry = { kind: 'free' };

/** The page as the kernel would write it: blocks that the lease does not have are free. */
function writtenAnew(page: EntryPage, nrBlocks: number): Buffer {
  const blocks = nrBlocks - page.page * ENTRIES_PER_PAGE;
  return renderEntryPage({
    ...page,
    entries: page.entries.map((entry, index) => (index < blocks ? entry : FREE)),
  });
}

function checkSlot(
  copy: MetadataCopy<EntryPage>,
  name: string,
  other: MetadataCopy<EntryPage>,
  nrBlocks: number,
  found: FindingList,
): void {
  const { content, bytes, offsetBytes } = copy;
  if (content.ok) {
    const at = bytes && undefinedByte(bytes, writtenAnew(content.value, nrBlocks));
    if (at !== undefined) {
      found.add(
        'warning',
        'page-undefined-bytes',
        offsetBytes + at,
        `${name} has a byte set that version 1 leaves zero, or an entry of a block that the lease does not have. Check it with the dmremap that belongs to the module that wrote it.`,
      );
    }
  } else if (content.code === 'unreadable') {
    found.add(
      'error',
      'unreadable',
      offsetBytes,
      `${name} cannot be read and might be the newer one, so the kernel refuses the lease. While the target runs, evacuate the lease; otherwise copy the spare with ddrescue and check the copy.`,
    );
  } else if (other.content.ok) {
    const blank = bytes !== undefined && isBlank(bytes);
    // Formatting leaves the second slot zero; it is written with the page's second sequence.
    if (blank && other.content.value.sequence === 1n) return;
    found.add(
      'warning',
      'page-damaged',
      offsetBytes,
      `${name} does not count: ${blank ? 'it is all zeroes' : content.message}. If the host crashed or lost power, that is a write it never acknowledged and nothing is wrong; otherwise remaps of this page may be missing, so look at the health of the spare and scrub the array.`,
    );
  }
}

/** The slot of the page that counts; undefined when there is none. */
export function checkPage(
  page: number,
  copies: CopyPair<EntryPage>,
  { nrBlocks }: Superblock,
  found: FindingList,
): { readonly copy: MetadataCopy<EntryPage>; readonly value: EntryPage } | undefined {
  const [first, second] = copies;
  const name = (slot: number) => `Slot ${slot} of entry page ${page}`;
  checkSlot(first, name(0), second, nrBlocks, found);
  checkSlot(second, name(1), first, nrBlocks, found);
  const current = currentCopy(copies);
  if (current === undefined && copies.every(({ bytes }) => bytes !== undefined)) {
    const last = Math.min(nrBlocks, (page + 1) * ENTRIES_PER_PAGE) - 1;
    const reasons = copies.map(({ content }) => (content.ok ? '' : content.message));
    found.add(
      'error',
      'page-lost',
      first.offsetBytes,
      `Entry page ${page} has no valid slot (${reasons.join('; ')}): which main blocks live in lease blocks ${page * ENTRIES_PER_PAGE} to ${last} is not known, and the kernel refuses the lease. Rebuild the target's main device from redundancy.`,
    );
  }
  if (first.content.ok && second.content.ok) {
    const [a, b] = [first.content.value.sequence, second.content.value.sequence];
    if (a - b !== 1n && b - a !== 1n) {
      found.add(
        'warning',
        'page-sequence',
        second.offsetBytes,
        `The slots of entry page ${page} have the sequences ${a.toString()} and ${b.toString()}, which do not follow each other: the spare lost a write that it had acknowledged. Replace the spare.`,
      );
    }
  }
  return current;
}
