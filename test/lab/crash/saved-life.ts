import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Replay, type ReplayResult, type Start } from '../../../src/lab/crash/replay.js';
import type { CrashTarget } from '../../../src/lab/crash/target.js';
import { type TraceEvent, traceEvents } from '../../../src/lab/crash/trace.js';

interface Choices {
  readonly seed: number;
  readonly drawn: number;
}

interface Description extends Choices {
  readonly target: CrashTarget;
  readonly generation: number;
  readonly members: readonly number[];
}

/**
 * Keeps a load and how it began: its trace repeats exactly, while a load never runs twice in the same
 * order. Answers the directory.
 */
export async function saveLife(
  directory: string,
  target: CrashTarget,
  start: Start,
  log: Buffer,
  choices: Choices,
): Promise<string> {
  const { generation, members } = start;
  await mkdir(directory, { recursive: true });
  const description: Description = { ...choices, target, generation, members };
  await writeFile(join(directory, 'life.json'), JSON.stringify(description));
  await writeFile(join(directory, 'trace'), log);
  await writeFile(join(directory, 'bad'), start.bad);
  await writeFile(join(directory, 'content'), Buffer.from(start.content.buffer));
  for (const [disk, image] of start.images.entries()) {
    await writeFile(join(directory, `disk-${disk}`), image);
  }
  return directory;
}

export async function replaySaved(
  directory: string,
  faultsWanted: number,
): Promise<ReplayResult & { readonly events: readonly TraceEvent[] }> {
  const read = (name: string) => readFile(join(directory, name));
  const description = JSON.parse((await read('life.json')).toString()) as Description;
  const { target, generation, members, seed, drawn } = description;
  const content = Int32Array.from({ length: target.sectors }, () => 0);
  const saved = await read('content');
  for (let at = 0; at < content.length; at += 1) content[at] = saved.readInt32LE(4 * at);
  const images = await Promise.all(target.diskSectors.map((_, disk) => read(`disk-${disk}`)));
  const bad = Uint8Array.from(await read('bad'));
  const start = { generation, members, images, content, bad };
  const events = traceEvents(await read('trace'));
  const replay = new Replay(target, start, { seed, drawn, faultsWanted });
  return { ...replay.run(events), events };
}
