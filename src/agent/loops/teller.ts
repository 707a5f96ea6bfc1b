import type { ObservedState } from '../../../libs/contract/index.js';

/** What a report says, whichever it is. */
export type Sight = Omit<ObservedState, 'sequence'>;

/** The manager as far as reports go. */
export interface Listener {
  /** The ETag to confirm the report with, if it can be. */
  report(observed: ObservedState, signal?: AbortSignal): Promise<string | null>;
  /** False when the manager wants the whole report. */
  confirm(etag: string, sequence: number, signal?: AbortSignal): Promise<boolean>;
}

/** Tells the manager the whole of what is seen when it is new, and else only that it is still so. */
export class Teller {
  private told: { text: string; etag: string } | undefined;

  constructor(private readonly manager: Listener) {}

  async tell(sight: Sight, sequence: number, signal?: AbortSignal): Promise<void> {
    const text = JSON.stringify(sight);
    if (this.told?.text === text && (await this.manager.confirm(this.told.etag, sequence, signal)))
      return;
    this.told = undefined;
    const etag = await this.manager.report({ ...sight, sequence }, signal);
    if (etag !== null) this.told = { text, etag };
  }
}
