/** What `ops/up` ends with. */
export function screen(url: string, cli: string): string {
  return `
dm-remap is up.

  manager   ${url}   API: ${url}/openapi.json
  h1        RAID1 /dev/md0 over targets r0 (disk e1s1) and r1 (disk e2s1)
  h2        target t0 (disk e1s1), without redundancy
  A light load writes and verifies on /dev/md0 of h1 and on t0 of h2.

Try this:

  ${cli} status                               the fleet on one screen
  ops/lab break h1 e1s1 --sectors 36864+512        a disk fails under the load…
  ${cli} target list                          …and its blocks move to a spare
  ops/lab exec h1 -- cat /proc/mdstat              the array did not notice: [UU]
  ${cli} events -f                            what happens, as it happens
  ops/lab break h1 e1s1 --sectors 37376+2048       enough to run low: the pool lends more
  ${cli} placement decisions --target h1/r0   which spare, and why not another
  ops/lab power-cut h1 && ops/up                   the power goes; everything is there again

  ops/up --status    what runs, and what the load has verified
  ops/down           stop it all; --wipe forgets it all
`;
}
