import type { TargetHost } from './remap-target.js';

const dd = 'status=none oflag=direct iflag=fullblock conv=notrunc';

/** Writes a block of 4 KiB of one letter; the exit code of dd. */
export async function fill(
  host: TargetHost,
  path: string,
  block: number,
  letter: string,
): Promise<number> {
  const { code } = await host.exec(
    `head -c 4096 /dev/zero | tr '\\0' ${letter} | dd of=${path} bs=4096 seek=${block} count=1 ${dd},fsync`,
  );
  return code;
}

/** The letters that a block holds. */
export async function letters(host: TargetHost, path: string, block: number): Promise<string> {
  return host.run(
    `dd if=${path} bs=4096 skip=${block} count=1 iflag=direct status=none | fold -w1 | sort -u`,
  );
}
