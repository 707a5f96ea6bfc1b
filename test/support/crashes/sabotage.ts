import { WINDOWS, type Window, type WindowName } from './windows';
import type { Saboteur } from './wire';

/** cut: the connection is lost. kill: the manager dies there. */
export type Blow = 'cut' | 'kill';

export interface Plan {
  window: WindowName;
  blow: Blow;
  /** So many times the window is passed unharmed. */
  skip?: number;
  /** Any manager where none is named. */
  manager?: number;
}

interface Armed extends Plan {
  left: number;
}

/** Strikes managers in chosen windows, each plan once, and counts where it did. */
export class Sabotage {
  readonly reached = new Map<string, number>();
  private armed: Armed[] = [];

  constructor(private readonly kill: (manager: number) => void) {}

  arm(plan: Plan): void {
    this.armed.push({ ...plan, left: plan.skip ?? 0 });
  }

  /** What is armed is forgotten; what was reached is not. */
  disarm(): void {
    this.armed = [];
  }

  struck({ window, blow }: Pick<Plan, 'window' | 'blow'>): number {
    return this.reached.get(`${window}: ${blow}`) ?? 0;
  }

  of(manager: number, service: Window['of']): Saboteur {
    return {
      at: (asked, since) => {
        const due = this.armed.find((plan) => matches(plan, manager, service, asked, since));
        if (!due) return undefined;
        if (due.left > 0) {
          due.left -= 1;
          return undefined;
        }
        this.armed = this.armed.filter((plan) => plan !== due);
        const key = `${due.window}: ${due.blow}`;
        this.reached.set(key, (this.reached.get(key) ?? 0) + 1);
        const strike = () => {
          if (due.blow === 'kill') this.kill(manager);
        };
        return { when: WINDOWS[due.window].when, strike };
      },
    };
  }
}

function matches(
  plan: Armed,
  manager: number,
  service: Window['of'],
  asked: string,
  since: readonly string[],
): boolean {
  const window: Window = WINDOWS[plan.window];
  return (
    window.of === service &&
    (plan.manager === undefined || plan.manager === manager) &&
    window.asked.test(asked) &&
    (window.since === undefined || window.since.test(since.join('\n')))
  );
}
