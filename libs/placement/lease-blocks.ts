const ENTRIES_PER_PAGE = 168;

/** Blocks that a lease of that length holds beside its metadata (kernel/METADATA.md, "Size"). */
export function leaseBlocks(lengthSectors: number, blockSectors: number): number {
  const fits = (blocks: number) => {
    const metadata = 16 + 16 * Math.ceil(blocks / ENTRIES_PER_PAGE);
    const dataStart = Math.ceil(metadata / blockSectors) * blockSectors;
    return dataStart + blocks * blockSectors <= lengthSectors;
  };
  let low = 0;
  let high = Math.floor(lengthSectors / blockSectors);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
