import { z } from 'zod';
import type { DiskMeasurements } from '../../../libs/contract/index.js';
import type { RunProgram } from '../base/run-program.js';

/** Null where the disk does not say. */
export type SmartFacts = Omit<DiskMeasurements, 'busyPercent'>;

const PATIENCE_MS = 60_000;
const HOURS_A_DAY = 24;
/** What smartctl is told to end with when it leaves a disk asleep; nothing else ends with it. */
const ASLEEP = 3;
/** The bit of its exit status for a disk that it could not open. */
const NOT_OPENED = 2;
/**
 * Critical warnings of the NVMe health log that tell of a disk about to fail: spare capacity, reliability,
 * read-only, backup of the volatile memory. Heat is not one.
 */
const NVME_FAILING = 0b1_1101;
/** "Failure prediction threshold exceeded" among the sense codes of SCSI, and its qualifier for a mere drill. */
const SCSI_FAILING = 0x5d;
const SCSI_DRILL = 0xff;
const ENDURANCE_STATISTIC = 'Percentage Used Endurance Indicator';

/** Disks answer strangely: what is not as it should be is as though it were not there, and hides nothing else. */
const perhaps = <T extends z.ZodType>(type: T) => type.optional().catch(undefined);
const Count = perhaps(z.int().min(0));

/** The parts of `smartctl --json` that are used; each disk has some of them. */
const SmartctlOutput = z.object({
  smartctl: z.object({
    exit_status: z.int(),
    messages: perhaps(z.array(z.object({ string: z.string() }))),
  }),
  smart_status: perhaps(
    z.object({
      passed: z.boolean(),
      scsi: perhaps(z.object({ asc: z.int(), ascq: z.int() })),
    }),
  ),
  power_on_time: perhaps(z.object({ hours: Count })),
  nvme_smart_health_information_log: perhaps(
    z.object({ critical_warning: Count, percentage_used: Count }),
  ),
  scsi_percentage_used_endurance_indicator: Count,
  ata_device_statistics: perhaps(
    z.object({
      pages: z.array(
        perhaps(
          z.object({
            table: perhaps(z.array(perhaps(z.object({ name: z.string(), value: Count })))),
          }),
        ),
      ),
    }),
  ),
});
type SmartctlOutput = z.infer<typeof SmartctlOutput>;

function percentageUsed(output: SmartctlOutput): number | null {
  const statistics = output.ata_device_statistics?.pages.flatMap((page) => page?.table ?? []) ?? [];
  return (
    output.nvme_smart_health_information_log?.percentage_used ??
    output.scsi_percentage_used_endurance_indicator ??
    statistics.find((each) => each?.name === ENDURANCE_STATISTIC)?.value ??
    null
  );
}

function predictedFailing(output: SmartctlOutput): boolean | null {
  const { smart_status: status, nvme_smart_health_information_log: nvme } = output;
  if (nvme?.critical_warning !== undefined) return (nvme.critical_warning & NVME_FAILING) !== 0;
  if (status === undefined) return null;
  const { passed, scsi } = status;
  if (passed || scsi === undefined) return !passed;
  return scsi.asc === SCSI_FAILING && scsi.ascq !== SCSI_DRILL;
}

/** What `smartctl --json` says of a disk; undefined of one that sleeps. Throws when it could not ask. */
export function parseSmartctl(text: string): SmartFacts | undefined {
  const output = SmartctlOutput.parse(JSON.parse(text));
  const { exit_status: status, messages = [] } = output.smartctl;
  if (status === ASLEEP) return undefined;
  if ((status & NOT_OPENED) !== 0)
    throw new Error(messages.map(({ string }) => string).join('; ') || 'it could not be opened');
  const hours = output.power_on_time?.hours;
  return {
    percentageUsed: percentageUsed(output),
    powerOnHours: hours === undefined ? null : hours - (hours % HOURS_A_DAY),
    predictedFailing: predictedFailing(output),
  };
}

/**
 * Asks a disk for its health; one that sleeps is not woken, one that hangs is not waited for. The timeout ends a
 * smartctl that can be ended; of one that is stuck in the kernel the signal lets go.
 */
export async function runSmartctl(
  run: RunProgram,
  node: string,
  signal: AbortSignal,
): Promise<SmartFacts | undefined> {
  const args = ['--json', '-n', `standby,${ASLEEP}`, '-i', '-H', '-A', '-l', 'ssd', node];
  const patience = AbortSignal.timeout(PATIENCE_MS);
  try {
    const output = await run('smartctl', args, {
      timeoutMs: PATIENCE_MS,
      signal: AbortSignal.any([signal, patience]),
      anyExitCode: true,
    });
    return parseSmartctl(output);
  } catch (error) {
    throw patience.aborted ? new Error(`no answer in ${PATIENCE_MS} ms`) : error;
  }
}
