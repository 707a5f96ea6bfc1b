import type { LabHost } from '../../../src/lab/lab-host.js';

/** The ELF header and some program headers of 56 bytes. */
const HEADERS_BYTES = 4096;
const PT_LOAD = 1;

/** Where in /proc/kcore, which is an ELF core file, the kernel's address lies. */
function offsetOf(elf: Buffer, address: bigint): bigint {
  const [table, size, count] = [
    Number(elf.readBigUInt64LE(32)),
    elf.readUInt16LE(54),
    elf.readUInt16LE(56),
  ];
  for (let at = table; at < table + size * count; at += size) {
    const begin = elf.readBigUInt64LE(at + 16);
    const inside = address >= begin && address < begin + elf.readBigUInt64LE(at + 32);
    if (elf.readUInt32LE(at) === PT_LOAD && inside)
      return elf.readBigUInt64LE(at + 8) + address - begin;
  }
  throw new Error(`/proc/kcore does not hold ${address.toString(16)}`);
}

/** A command that prints an int of the running kernel, which it has by that name. */
export async function kernelIntReader(host: LabHost, symbol: string): Promise<string> {
  const address = await host.run(`grep ' ${symbol}$' /proc/kallsyms | cut -d' ' -f1`);
  const head = await host.run(`head -c ${HEADERS_BYTES} /proc/kcore | base64 -w0`);
  const offset = offsetOf(Buffer.from(head, 'base64'), BigInt(`0x${address.trim()}`));
  return `dd if=/proc/kcore iflag=skip_bytes,count_bytes skip=${offset} count=4 status=none | od -An -td4`;
}
