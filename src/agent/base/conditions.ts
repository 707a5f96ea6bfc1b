import type { Condition } from '../../../libs/contract/index.js';

export type ConditionState = Omit<Condition, 'lastTransitionTime'>;

/** Remembers since when each condition has been what it is. */
export class Conditions {
  private readonly current = new Map<string, Condition>();

  constructor(private readonly now: () => Date = () => new Date()) {}

  set(state: ConditionState): void {
    const before = this.current.get(state.type);
    const lastTransitionTime =
      before?.status === state.status ? before.lastTransitionTime : this.now().toISOString();
    this.current.set(state.type, { ...state, lastTransitionTime });
  }

  /** Replaces all conditions whose type starts with the prefix. */
  replace(prefix: string, states: readonly ConditionState[]): void {
    const kept = new Set(states.map(({ type }) => type));
    for (const type of this.current.keys()) {
      if (type.startsWith(prefix) && !kept.has(type)) this.current.delete(type);
    }
    states.forEach((state) => {
      this.set(state);
    });
  }

  list(): readonly Condition[] {
    return [...this.current.values()];
  }
}
