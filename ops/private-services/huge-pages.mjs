import { readFileSync, writeFileSync } from 'node:fs';

const MOST = '/proc/sys/vm/nr_overcommit_hugepages';

function memory() {
  const text = readFileSync('/proc/meminfo', 'utf8');
  return (name) => Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

/**
 * Lets somebody take so many huge pages, if they are no more than a quarter of the memory that is free. Nothing
 * is set aside: the kernel has them back when whoever took them ends. The answer is what was changed, if anything;
 * an ordinary user may change nothing.
 */
export function allowHugePages(count) {
  const now = memory();
  if (count * now('Hugepagesize') > now('MemAvailable') / 4) return undefined;
  const more = count - (now('HugePages_Free') - now('HugePages_Rsvd'));
  const most = now('HugePages_Surp') + more;
  try {
    const before = Number(readFileSync(MOST, 'utf8'));
    if (more <= 0 || before >= most) return undefined;
    writeFileSync(MOST, `${most}\n`);
    return `vm.nr_overcommit_hugepages ${before} -> ${most}`;
  } catch {
    return undefined;
  }
}
