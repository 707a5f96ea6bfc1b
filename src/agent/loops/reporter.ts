import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import type { ObservedDisk } from '../../../libs/contract/index.js';
import { Backoff } from '../base/backoff.js';
import type { Conditions } from '../base/conditions.js';
import { messageOf, PermanentError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { runLoop } from '../base/loop.js';
import type { Wakeup } from '../base/wakeup.js';
import type { Inventory } from '../discover/inventory.js';
import type { ManagerClient } from '../manager/client.js';
import type { MemoryStore } from '../memory.js';
import type { Observation } from '../observe.js';
import { VERSION } from '../version.js';
import { ReportSequence } from './report-sequence.js';
import { Teller, type Sight } from './teller.js';

const REPORT_EVERY_MS = 10_000;
/** Disks change seldom and looking at them is costly; their users are told apart from their errors. */
const INVENTORY_EVERY_MS = 30_000;

export interface ReporterParts {
  readonly client: ManagerClient;
  readonly memory: MemoryStore;
  readonly conditions: Conditions;
  readonly wakeup: Wakeup;
  readonly takeInventory: () => Promise<Inventory>;
  readonly describeDisks: (inventory: Inventory) => ObservedDisk[];
  readonly observe: (inventory: Inventory) => Promise<Observation>;
  readonly onObservation: (observation: Observation) => void;
  readonly log: Log;
}

/** Looks at all that the agent sees and tells the manager: on each change, and every ten seconds. */
export class Reporter {
  private inventory: Inventory = new Map();
  private inventoryTakenAt = -Infinity;

  constructor(private readonly parts: ReporterParts) {}

  /** Makes the next report look at the disks anew. */
  forgetInventory(): void {
    this.inventoryTakenAt = -Infinity;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { client, memory, log, wakeup } = this.parts;
    const sequence = new ReportSequence(memory);
    const teller = new Teller(client);
    const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    const backoff = new Backoff({ firstMs: 500, maxMs: 15_000 });
    const onError = () => {
      wakeup.request();
    };
    await runLoop({ name: 'report', signal, log, backoff, onError }, async () => {
      await wakeup.wait(REPORT_EVERY_MS, signal);
      if (signal.aborted) return;
      const state = { ...(await this.look()), bootId };
      await teller.tell(state, await sequence.next(), signal);
    });
  }

  private async look(): Promise<Omit<Sight, 'bootId'>> {
    const { memory, conditions, observe, onObservation, describeDisks } = this.parts;
    await this.refreshInventory();
    const observation = await observe(this.inventory);
    onObservation(observation);
    return {
      observedGeneration: memory.current.appliedGeneration,
      kernelRelease: release(),
      agentVersion: VERSION,
      disks: describeDisks(this.inventory),
      arrays: [...observation.arrays],
      targets: [...observation.targets],
      wipedLeases: [...memory.current.wipedLeases],
      conditions: [...conditions.list()],
    };
  }

  private async refreshInventory(): Promise<void> {
    if (performance.now() - this.inventoryTakenAt < INVENTORY_EVERY_MS) return;
    const { takeInventory, conditions, log } = this.parts;
    try {
      this.inventory = await takeInventory();
      this.inventoryTakenAt = performance.now();
      conditions.set({
        type: 'InventoryCurrent',
        status: 'True',
        reason: 'Taken',
        message: `${this.inventory.size} disks and partitions`,
      });
    } catch (error) {
      const message = messageOf(error);
      const reason = error instanceof PermanentError ? 'ConfigurationWrong' : 'DiscoveryFailed';
      conditions.set({ type: 'InventoryCurrent', status: 'False', reason, message });
      log('error', 'cannot take the inventory; reporting the last one', { reason: message });
    }
  }
}
