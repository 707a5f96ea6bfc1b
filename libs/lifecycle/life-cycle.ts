/** Each state lists the states it may go to; the compiler keeps the table complete. */
export type Transitions<S extends string> = Readonly<Record<S, readonly S[]>>;

export class IllegalStep extends Error {
  constructor(
    readonly thing: string,
    readonly from: string,
    readonly to: string,
  ) {
    super(`a ${thing} cannot go from ${from} to ${to}`);
    this.name = 'IllegalStep';
  }
}

export interface LifeCycle<S extends string> {
  readonly thing: string;
  readonly transitions: Transitions<S>;
}

export const mayStep = <S extends string>(cycle: LifeCycle<S>, from: S, to: S): boolean =>
  cycle.transitions[from].includes(to);

/** Returns `to`; throws IllegalStep, which names both states, when the table has no such step. */
export function step<S extends string>(cycle: LifeCycle<S>, from: S, to: S): S {
  if (!mayStep(cycle, from, to)) throw new IllegalStep(cycle.thing, from, to);
  return to;
}
