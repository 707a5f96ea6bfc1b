import type { MemoryStore } from '../memory.js';

const RESERVE = 100_000;

/** Numbers that grow across restarts, also when the clock goes back; a range is reserved on disk at a time. */
export class ReportSequence {
  private current = 0;
  private reserved = 0;

  constructor(
    private readonly memory: MemoryStore,
    private readonly now: () => number = Date.now,
  ) {}

  async next(): Promise<number> {
    if (this.current === 0) {
      this.current = Math.max(this.now(), this.memory.current.reservedSequence);
      this.reserved = this.current;
    }
    this.current += 1;
    if (this.current >= this.reserved) {
      this.reserved = this.current + RESERVE;
      const reservedSequence = this.reserved;
      await this.memory.update((memory) => ({ ...memory, reservedSequence }));
    }
    return this.current;
  }
}
