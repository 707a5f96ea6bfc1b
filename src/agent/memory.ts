import { mkdir, readFile, rename } from 'node:fs/promises';
import { z } from 'zod';
import {
  DesiredLease,
  DesiredState,
  Generation,
  LeaseId,
  TargetId,
} from '../../libs/contract/index.js';
import { writeFileAtomically } from './base/atomic-file.js';
import { errorCodeOf, messageOf } from './base/errors.js';
import type { Log } from './base/log.js';

export const KnownLease = DesiredLease.extend({ targetId: TargetId });
export type KnownLease = z.infer<typeof KnownLease>;

/** What the agent must not forget; the file `applied.json`. */
const Memory = z.object({
  version: z.literal(1),
  /** The last desired state accepted; what to bring about, also when the manager is away. */
  desired: DesiredState.nullable(),
  /** The last host generation brought about completely. */
  appliedGeneration: Generation,
  /** Extents that may hold leases, kept until they are wiped or their target is gone. */
  knownLeases: z.array(KnownLease),
  /** Leases that a kernel table has held, or may have: never to be formatted again. */
  liveLeases: z.array(LeaseId),
  /** Wiped, and to be reported so for as long as the manager asks. */
  wipedLeases: z.array(LeaseId),
  /** The lease of each target that the kernel was asked to empty last; its status does not name it. */
  evacuations: z.array(z.object({ targetId: TargetId, leaseId: LeaseId })).default([]),
  /** md arrays (kernel names) whose sync range the agent has narrowed and not yet widened again. */
  narrowedArrays: z.array(z.string()),
  /** Report sequences below this may have been used. */
  reservedSequence: z.int(),
});
export type Memory = Readonly<z.infer<typeof Memory>>;

export const EMPTY_MEMORY: Memory = {
  version: 1,
  desired: null,
  appliedGeneration: 0 as Generation,
  knownLeases: [],
  liveLeases: [],
  wipedLeases: [],
  evacuations: [],
  narrowedArrays: [],
  reservedSequence: 0,
};

/** Keeps the memory on disk; an update has survived any crash once its promise resolves. */
export class MemoryStore {
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly path: string,
    private memory: Memory,
  ) {}

  static async open(stateDir: string, log: Log): Promise<MemoryStore> {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    const path = `${stateDir}/applied.json`;
    try {
      return new MemoryStore(path, Memory.parse(JSON.parse(await readFile(path, 'utf8'))));
    } catch (error) {
      if (errorCodeOf(error) === 'ENOENT') return new MemoryStore(path, EMPTY_MEMORY);
      const aside = `${path}.unreadable-${Date.now()}`;
      await rename(path, aside);
      log(
        'error',
        'applied.json cannot be read; it is set aside and the leases are asked instead',
        {
          aside,
          reason: messageOf(error),
        },
      );
      return new MemoryStore(path, EMPTY_MEMORY);
    }
  }

  get current(): Memory {
    return this.memory;
  }

  update(change: (memory: Memory) => Memory): Promise<void> {
    const next = this.writing.then(async () => {
      const changed = change(this.memory);
      if (changed === this.memory) return;
      await writeFileAtomically(this.path, `${JSON.stringify(changed, null, 2)}\n`, 0o600);
      this.memory = changed;
    });
    this.writing = next.catch(() => undefined);
    return next;
  }
}
