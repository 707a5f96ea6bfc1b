import { Conditions } from './base/conditions.js';
import { PermanentError } from './base/errors.js';
import type { Log } from './base/log.js';
import { runLoop } from './base/loop.js';
import { runProgram } from './base/run-program.js';
import { sleep } from './base/sleep.js';
import { Wakeup } from './base/wakeup.js';
import type { AgentConfig } from './config.js';
import { takeInventory } from './discover/inventory.js';
import { locateDevice } from './discover/locate.js';
import { Dmsetup } from './dm/dmsetup.js';
import { Attempts } from './evacuate/attempts.js';
import { watchEvacuations } from './evacuate/watch-evacuations.js';
import { EventWatch } from './loops/event-watch.js';
import { reconcileLoop, reconcileOnce } from './loops/reconcile-loop.js';
import { Reporter } from './loops/reporter.js';
import { watchDesired } from './loops/watch-desired.js';
import { ManagerClient } from './manager/client.js';
import { loadCredential, StoredCredential } from './manager/credential.js';
import type { Credential } from './manager/credential.js';
import { enrol } from './manager/enrol.js';
import { Measurements } from './measure/measurements.js';
import { PendingRepair } from './md/pending-repair.js';
import { MemoryStore } from './memory.js';
import { observe } from './observe.js';
import type { Observation } from './observe.js';
import { Executor } from './reconcile/execute.js';
import { observeActual } from './reconcile/observe-actual.js';
import { Reconciler } from './reconcile/reconciler.js';
import { recoverMemory } from './recover-memory.js';
import { becomeTheOnlyInstance } from './single-instance.js';
import { VERSION } from './version.js';

const SYS = '/sys';
const LOOK_FOR_UNMEASURED_EVERY_MS = 30_000;

/** The credential on disk, or one for the token given for the first start; tried until the manager is there. */
async function obtainCredential(
  config: AgentConfig,
  log: Log,
  signal: AbortSignal,
): Promise<Credential | null> {
  let credential = await loadCredential(config.stateDir);
  if (credential !== null) return credential;
  const { managerUrl, enrolmentToken: token } = config;
  if (managerUrl === undefined || token === undefined) {
    throw new PermanentError(
      'this host is not enrolled: run `dm-remap-daemon enrol --manager URL --token TOKEN`, or set DMREMAP_MANAGER_URL and DMREMAP_ENROLMENT_TOKEN',
    );
  }
  const enrolled = new AbortController();
  await runLoop(
    { name: 'enrol', signal: AbortSignal.any([signal, enrolled.signal]), log },
    async () => {
      credential = await enrol({ ...config, managerUrl, token, machineId: config.machineId });
      log('info', 'enrolled', { hostId: credential.hostId, name: config.name });
      enrolled.abort();
    },
  );
  return credential;
}

/** Runs the agent until the signal is aborted. */
export async function runDaemon(config: AgentConfig, log: Log, signal: AbortSignal): Promise<void> {
  log('info', 'dm-remap-daemon starts', { version: VERSION, stateDir: config.stateDir });
  await becomeTheOnlyInstance(config.stateDir);
  const memory = await MemoryStore.open(config.stateDir, log);
  const conditions = new Conditions();
  const dmsetup = new Dmsetup(runProgram);
  const report = new Wakeup();
  const reconcile = new Wakeup();

  const inventory = () =>
    takeInventory({ sys: SYS, run: runProgram, topologyPath: config.topologyPath });
  const attempts = new Attempts();
  const executor = new Executor({
    dmsetup,
    memory,
    attempts,
    locate: (id) => locateDevice({ sys: SYS, run: runProgram }, id),
    log,
  });
  const reconciler = new Reconciler({
    memory,
    log,
    observe: (desired) => observeActual({ inventory, dmsetup, attempts }, desired, memory.current),
    execute: (step) => executor.do(step),
  });
  const repair = new PendingRepair(
    {
      sys: SYS,
      dmsetup,
      memory,
      conditions,
      log,
      onRepaired: () => {
        report.request();
      },
    },
    signal,
  );
  const events = new EventWatch(
    {
      run: runProgram,
      eventNumber: (name) => dmsetup.eventNumber(name),
      onEvent: () => {
        report.request();
      },
      log,
    },
    signal,
  );
  const evacuations = {
    ...{ memory, attempts, conditions },
    onWork: () => {
      reconcile.request();
    },
  };
  const onObservation = (observation: Observation) => {
    events.watch(
      observation.running.filter(({ hasLiveTable }) => hasLiveTable).map(({ name }) => name),
    );
    if (config.mdRepair) repair.consider(observation);
    watchEvacuations(evacuations, observation);
  };

  const measurements = new Measurements({ sys: SYS, run: runProgram, conditions });

  let reporter: Reporter | undefined;
  const reconcileParts = {
    reconciler,
    conditions,
    wakeup: reconcile,
    log,
    onOutcome: ({ changed }: { changed: boolean }) => {
      if (changed) reporter?.forgetInventory();
      report.request();
    },
  };

  await recoverMemory({ memory, inventory, log });
  await runLocally(() => reconcileOnce(reconcileParts, signal), log);
  await repair.recover();

  const loops = [reconcileLoop(reconcileParts, signal)];
  const credential = await obtainCredential(config, log, signal);
  if (credential !== null) {
    const client = new ManagerClient(
      config.managerUrl ?? credential.managerUrl,
      new StoredCredential(config.stateDir, credential),
    );
    reporter = new Reporter({
      client,
      memory,
      conditions,
      wakeup: report,
      takeInventory: inventory,
      describeDisks: (known) => measurements.describe(known),
      observe: (known) => observe({ sys: SYS, run: runProgram, log, dmsetup }, known),
      onObservation,
      log,
    });
    report.request();
    loops.push(
      reporter.run(signal),
      measureLoop(measurements, { signal, log }),
      watchDesired({ client, memory, conditions, reconcile, log }, signal),
    );
  }
  await Promise.all(loops);
  log('info', 'dm-remap-daemon ends');
}

/**
 * Apart from the reports: a disk that is about to die may take its time to answer. Not at once: at the start of
 * a host its targets come first.
 */
async function measureLoop(
  measurements: Measurements,
  { signal, log }: { signal: AbortSignal; log: Log },
): Promise<void> {
  await runLoop({ name: 'measure', signal, log }, async () => {
    await sleep(LOOK_FOR_UNMEASURED_EVERY_MS, signal);
    if (!signal.aborted) await measurements.take(signal);
  });
}

/** Targets come up from their leases before anything else, whether or not the manager is there. */
async function runLocally(reconcile: () => Promise<unknown>, log: Log): Promise<void> {
  try {
    await reconcile();
  } catch (error) {
    log('error', 'the first reconciliation failed; it is tried again', {
      reason: error instanceof Error ? error.message : String(error),
    });
  }
}
