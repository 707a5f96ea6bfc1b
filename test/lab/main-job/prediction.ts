import { Disk, Event, Page } from '../../../libs/contract/index.js';
import { startAgent } from '../../../src/lab/fleet/agent.js';
import { until } from '../../../src/lab/fleet/fleet.js';
import { killAgent, type Stage } from './stage.js';

/** 8. A disk that still works says that it will fail. */
export async function prediction({ s, side, h1 }: Stage): Promise<void> {
  const measuredOf = async (name: string) => {
    const { serial } = h1.disk(name);
    const disks = await side.api.list(Disk, '/v1/disks?host=h1');
    return disks.find((disk) => disk.serial === serial)?.measured;
  };
  const before = await measuredOf('n1');
  s.check(
    'an NVMe disk tells its wear and its age',
    before?.percentageUsed === 0 && before.powerOnHours === 0,
    JSON.stringify(before),
  );
  s.equal('and not that it will fail', before?.predictedFailing, false);
  await s.step('its health log says that it is no longer reliable', () => h1.predictFailure('n1'));
  await killAgent(h1);
  await s.step('the next agent reads it', async () => {
    await startAgent(h1, side.api, side.settings.managerPort);
    await until('the manager knows', 120_000, async () =>
      (await measuredOf('n1'))?.predictedFailing === true ? true : undefined,
    );
  });
  const { items } = await side.api.get(Page(Event), '/v1/events?tail=500&limit=500');
  const told = items.filter(({ type }) => type === 'disk.failure-predicted');
  s.equal(
    'an event says which disk it is',
    told.map(({ hostName, data }) => `${hostName} ${String(data.serial)}`),
    [`h1 ${h1.disk('n1').serial}`],
  );
}
