import type { Scenario } from '../../../src/lab/scenario.js';
import { modelDisks, runModel } from './model.js';
import type { UmlStage } from './stage.js';

const faults = '/sys/kernel/debug/failslab';

/**
 * The kernel's workers, which do the target's work, and once it runs the model's threads that do I/O. Its
 * main thread starts programs, and those do not start without memory.
 */
const markTasks = `
  for task in $(pgrep kworker); do echo 1 > /proc/$task/make-it-fail; done
  (sleep 1; cd /proc/$PPID/task && for task in *; do
     [ $task = $PPID ] || echo 1 > $task/make-it-fail; done) &`;

/** Allocations fail at random in all that carries I/O: it ends with an error, or well. */
export async function noMemory(s: Scenario, stage: UmlStage): Promise<void> {
  const disks = await modelDisks(stage);
  const seconds = Math.round((s.minutes ?? 0.7) * 15);
  await stage.run(
    `cd ${faults} && echo 0 > probability && echo 1 > interval && echo -1 > times && echo 0 > verbose &&
     echo 1 > task-filter`,
  );
  for (const waits of [false, true]) {
    const which = waits ? 'that may wait fail too' : 'that cannot wait fail';
    await stage.run(
      `echo ${waits ? 0 : 1} > ${faults}/ignore-gfp-wait; dd if=/dev/zero of=/dev/main bs=1M count=12 oflag=direct status=none`,
    );
    const said = await s.step(`while allocations ${which}, only right data is read`, () =>
      runModel(s, stage, disks, {
        seconds,
        storm: {
          begin: `echo 5 > ${faults}/probability${markTasks}`,
          end: `echo 0 > ${faults}/probability`,
        },
      }),
    );
    s.note(said);
  }
}
