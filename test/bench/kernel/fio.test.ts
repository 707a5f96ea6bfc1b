import { describe, expect, test } from '@jest/globals';
import {
  fioCommand,
  FioError,
  parseFio,
  replayCommand,
  replayLog,
  undisturbedMean,
} from './fio.js';

const idle = { total_ios: 0, clat_ns: { mean: 0, max: 0 } };
const job = (mean: number, error = 0) => ({
  error,
  read: { total_ios: 100, clat_ns: { mean, max: 9000, percentile: { '99.000000': 5024 } } },
  write: idle,
});
const output = (...jobs: unknown[]) => JSON.stringify({ 'fio version': 'fio-3.33', jobs });

describe('the output of fio', () => {
  test('gives the latencies of the direction that was used, whatever it printed before', () => {
    expect(parseFio(`note: both iodepth >= 1\n${output(job(4850))}`)).toEqual([
      { ios: 100, mean: 4850, max: 9000, p99: 5024 },
    ]);
    expect(parseFio(output({ ...job(1), read: idle, write: job(5179).read }))[0]?.mean).toBe(5179);
  });

  test('is refused when a job failed, did nothing, or there is none', () => {
    expect(() => parseFio(output(job(4850, 5)))).toThrow(FioError);
    expect(() => parseFio(output({ error: 0, read: idle, write: idle }))).toThrow(FioError);
    expect(() => parseFio('fio: command not found')).toThrow(FioError);
    expect(() => parseFio(output())).toThrow();
  });

  test('of equal jobs counts by the one that was disturbed least', () => {
    expect(undisturbedMean(parseFio(output(job(4861), job(4850), job(4853))))).toBe(4850);
  });
});

describe('a command for fio', () => {
  test('names the device before its jobs, which then all use it', () => {
    const command = fioCommand('/dev/mapper/remap', ['--rw=randread'], 2);
    expect(command).toMatch(
      /--rw=randread --filename=\/dev\/mapper\/remap --name=job0 --stonewall --name=job1 --stonewall$/,
    );
  });

  test('replays the blocks of a log on the device that it is given', () => {
    expect(replayLog([3, 0]).split('\n').slice(3, 5)).toEqual([
      '/dev/main read 12288 4096',
      '/dev/main read 0 4096',
    ]);
    expect(replayCommand('/dev/dm-1', '/run/log', 1)).toContain('--replay_redirect=/dev/dm-1');
  });
});
