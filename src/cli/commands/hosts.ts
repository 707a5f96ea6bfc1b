import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import { EnrolmentToken, Host } from '../../../libs/contract/index.js';
import { change, group, leaf } from '../command.js';
import { paint, state } from '../render/paint.js';
import { renderFields, renderTable } from '../render/table.js';
import type { Column } from '../render/table.js';
import { age } from '../render/units.js';
import { hostOf } from '../resolve.js';
import { SERVICE_CHANGES, serviceOf } from '../service.js';

type Host_ = z.infer<typeof Host>;

const generations = ({ desiredGeneration, observedGeneration }: Host_) =>
  desiredGeneration === observedGeneration
    ? `${observedGeneration}`
    : paint('yellow', `${observedGeneration} of ${desiredGeneration}`);

const lends = (host: Host_) => {
  const service = serviceOf(host);
  return service === undefined ? 'yes' : state(service);
};

const columns: readonly Column<Host_>[] = [
  { head: 'HOST', text: ({ name }) => name },
  { head: 'STATE', text: (host) => state(host.state) },
  { head: 'LENDS', text: lends },
  { head: 'GENERATION', text: generations, right: true },
  { head: 'SEEN', text: ({ lastSeenAt }) => age(lastSeenAt), right: true },
  { head: 'KERNEL', text: ({ kernelRelease }) => kernelRelease ?? '-' },
  { head: 'AGENT', text: ({ agentVersion }) => agentVersion ?? '-' },
  { head: 'ID', text: ({ id }) => id, wide: true },
];

type HostCondition = Host_['conditions'][number];
export const conditionColumns: readonly Column<HostCondition>[] = [
  { head: 'CONDITION', text: ({ type }) => type },
  { head: 'STATUS', text: ({ status }) => (status === 'True' ? status : paint('yellow', status)) },
  { head: 'REASON', text: ({ reason }) => reason },
  { head: 'FOR', text: ({ lastTransitionTime }) => age(lastTransitionTime), right: true },
  { head: 'MESSAGE', text: ({ message }) => message },
];

function describe(host: Host_): string {
  const fields = renderFields([
    ['Host', host.name],
    ['Id', host.id],
    ['State', state(host.state)],
    ['Lends', lends(host)],
    ['Generation', generations(host)],
    ['Last seen', host.lastSeenAt === null ? 'never' : `${age(host.lastSeenAt)} ago`],
    ['Enrolled', host.enrolledAt],
    ['Kernel', host.kernelRelease ?? '-'],
    ['Agent', host.agentVersion ?? '-'],
  ]);
  if (host.conditions.length === 0) return fields;
  return `${fields}\n\n${renderTable(conditionColumns, host.conditions)}`;
}

function addServiceCommands(host: Command): void {
  for (const { usage, effect, body } of SERVICE_CHANGES) {
    change<[string], object>(host, {
      usage: `${usage} <host>`,
      description: `${effect}: all spares of the host; by name or id`,
      examples: [`dmremap host ${usage} h1`],
      run: async ({ api, show }, [key]) => {
        const read = await hostOf(api, key);
        show(
          await api.patch(Host, `/v1/hosts/${read.id}`, body, read),
          ({ name }) => `Host ${name}: ${effect}.`,
        );
      },
    });
  }
}

export function addHostCommands(program: Command): void {
  const host = group(program, 'host', 'the hosts whose disks are looked after');
  leaf(host, {
    usage: 'list',
    description: 'all hosts',
    examples: ['dmremap host list', 'dmremap host list -o json'],
    run: async ({ api, showList }) => {
      const empty =
        'No host has enrolled yet. Make a token with: dmremap host enrol-token\nthen on the host: dm-remap-daemon enrol --manager URL --token TOKEN';
      showList(await api.list(Host, '/v1/hosts'), columns, empty);
    },
  });
  leaf<[string], object>(host, {
    usage: 'show <host>',
    description: 'one host with its conditions, by name or id',
    examples: ['dmremap host show h1'],
    run: async ({ api, show }, [key]) => {
      show(await hostOf(api, key), describe);
    },
  });
  addServiceCommands(host);
  change<[], { ttl: string }>(host, {
    usage: 'enrol-token',
    description: 'a token with which one host may enrol, once',
    options: [new Option('--ttl <seconds>', 'how long it may be used').default('3600')],
    examples: ['dmremap host enrol-token', 'dmremap host enrol-token --ttl 600 -o json'],
    run: async ({ api, show }, _, { ttl }) => {
      const body = { ttlSeconds: Number(ttl) };
      const token = await api.post(EnrolmentToken, '/v1/enrolment-tokens', body);
      show(token, () =>
        [
          token.token,
          '',
          `For one host, until ${token.expiresAt}. On the host:`,
          `  dm-remap-daemon enrol --manager ${api.url} --token ${token.token}`,
        ].join('\n'),
      );
    },
  });
}
