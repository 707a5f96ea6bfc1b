import type { LabHost } from '../lab-host.js';

const log = '/var/log/lab/workload.log';

/** A light load that writes and reads back what it wrote, round after round, until the host goes down. */
export async function startWorkload(host: LabHost, device: string): Promise<boolean> {
  if ((await host.exec('pgrep -f ^bash.*lab-workload')).code === 0) return false;
  await host.background(
    'workload-runner',
    `: lab-workload; while :; do
       fio --name=light --filename=${device} --direct=1 --ioengine=libaio --iodepth=2 --rw=randwrite --randrepeat=0 --bs=4k \
         --offset=16M --size=4M --io_size=4M --rate_iops=200 --verify=crc32c --verify_fatal=1 --output=/tmp/workload.out \
         && echo ok >> ${log} || { echo FAILED >> ${log}; tail -3 /tmp/workload.out >> ${log}; sleep 5; }
     done`,
  );
  return true;
}

/** Rounds that were verified, and rounds that were not. */
export async function workloadRounds(host: LabHost): Promise<{ ok: number; failed: number }> {
  const [ok, failed] = (
    await host.run(`touch ${log}; grep -c ^ok ${log}; grep -c ^FAILED ${log}; true`)
  ).split('\n');
  return { ok: Number(ok), failed: Number(failed) };
}
