import type { LifeCycle } from './life-cycle.js';

/**
 * Of a message whose handling failed. waiting: for its next try. trying: handed over again. dead: tried often
 * enough; a person decides. done and discarded leave no row.
 */
export type DeliveryState = 'waiting' | 'trying' | 'dead' | 'done' | 'discarded';

export const deliveryLifeCycle: LifeCycle<DeliveryState> = {
  thing: 'delivery',
  transitions: {
    waiting: ['trying', 'done'],
    trying: ['trying', 'waiting', 'dead', 'done'],
    dead: ['waiting', 'discarded', 'done'],
    done: [],
    discarded: [],
  },
};

export const MAX_TRIES = 12;

/** A try that has not ended after this time is lost. */
export const LONGEST_PAUSE_SECONDS = 600;

const FIRST_PAUSE_SECONDS = 5;

/** How long to wait after that many failed tries: 5 s, doubled each time, 10 min at most. */
export const pauseSecondsAfter = (tries: number): number =>
  Math.min(FIRST_PAUSE_SECONDS * 2 ** (tries - 1), LONGEST_PAUSE_SECONDS);
