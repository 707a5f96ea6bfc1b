import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import { DeadLetter, QueueKind, QueueStatus } from '../../../libs/contract/index.js';
import { change, done, group, leaf } from '../command.js';
import { usageError } from '../errors.js';
import { paint } from '../render/paint.js';
import { renderFields, renderTable } from '../render/table.js';
import type { Column } from '../render/table.js';
import { age, duration } from '../render/units.js';

type Kind = z.infer<typeof QueueStatus>['kinds'][number];
type Letter = z.infer<typeof DeadLetter>;

const notable = (count: number) => (count > 0 ? paint('red', String(count)) : '0');

const kindColumns: readonly Column<Kind>[] = [
  { head: 'KIND', text: ({ kind }) => kind },
  { head: 'WAITING', text: ({ waiting }) => waiting, right: true },
  {
    head: 'OLDEST',
    text: ({ oldestSeconds }) => (oldestSeconds === null ? '-' : duration(oldestSeconds)),
    right: true,
  },
  { head: 'RETRYING', text: ({ retrying }) => retrying, right: true },
  { head: 'DEAD', text: ({ dead }) => notable(dead), right: true },
  { head: 'JOBS', text: ({ jobs }) => jobs?.waiting ?? '-', right: true },
  { head: 'ACTIVE', text: ({ jobs }) => jobs?.active ?? '-', right: true },
  { head: 'DELAYED', text: ({ jobs }) => jobs?.delayed ?? '-', right: true, wide: true },
  { head: 'FAILED', text: ({ jobs }) => jobs?.failed ?? '-', right: true, wide: true },
];

function describe({ redis, kinds }: z.infer<typeof QueueStatus>, wide: boolean): string {
  const fields = renderFields([
    [
      'Redis',
      redis === 'up'
        ? paint('green', 'up')
        : `${paint('red', 'down')}; managers handle messages themselves`,
    ],
  ]);
  const dead = kinds.some((kind) => kind.dead > 0);
  return [
    fields,
    renderTable(kindColumns, kinds, wide),
    ...(dead ? ['See what failed for good with: dmremap queue dead-letters'] : []),
  ].join('\n\n');
}

const subject = ({ hostName, targetName, subjectId }: Letter) =>
  [hostName, targetName].filter((name) => name !== null).join('/') || subjectId;

const letterColumns: readonly Column<Letter>[] = [
  { head: 'ID', text: ({ id }) => id, right: true },
  { head: 'KIND', text: ({ kind }) => kind },
  { head: 'FOR', text: subject },
  { head: 'TRIES', text: ({ attempts }) => attempts, right: true },
  { head: 'FIRST', text: ({ firstFailedAt }) => age(firstFailedAt), right: true },
  { head: 'LAST', text: ({ lastFailedAt }) => age(lastFailedAt), right: true },
  { head: 'ERROR', text: ({ lastError }) => lastError },
  { head: 'SUBJECT', text: ({ subjectId }) => subjectId, wide: true },
];

const path = (id: number | string, rest = '') =>
  `/v1/queue/dead-letters/${encodeURIComponent(id)}${rest}`;

export function addQueueCommands(program: Command): void {
  const queue = group(program, 'queue', 'messages between the parts of the manager');
  leaf(queue, {
    usage: 'show',
    isDefault: true,
    description: 'how much waits, how long it has waited, and what failed',
    examples: ['dmremap queue', 'dmremap queue show -o json'],
    run: async ({ api, show, output }) => {
      const status = await api.get(QueueStatus, '/v1/queue');
      show(status, (value) => describe(value, output === 'wide'));
    },
  });
  leaf<[], { kind?: string }>(queue, {
    usage: 'dead-letters',
    description: 'messages that failed too often to be tried again unasked',
    options: [new Option('--kind <kind>', 'only of this kind').choices(QueueKind.options)],
    examples: ['dmremap queue dead-letters', 'dmremap queue dead-letters --kind place -o json'],
    run: async ({ api, showList }, _, { kind }) => {
      const letters = await api.list(DeadLetter, '/v1/queue/dead-letters', { kind });
      showList(letters, letterColumns, 'There is none: nothing has failed for good.');
    },
  });
  change<[string | undefined], { all?: boolean }>(queue, {
    usage: 'retry [id]',
    description: 'try a dead letter again, as often as a new message',
    options: [new Option('--all', 'all there are')],
    examples: ['dmremap queue retry 7', 'dmremap queue retry --all'],
    run: async (context, [id], { all }) => {
      const { api } = context;
      if ((id === undefined) === (all === undefined)) throw usageError('give one id, or --all');
      const ids =
        id === undefined
          ? (await api.list(DeadLetter, '/v1/queue/dead-letters')).map((letter) => letter.id)
          : [id];
      for (const one of ids) await api.act('POST', path(one, '/retry'));
      done(context, { retried: ids.map(Number) }, `${ids.length} to be tried again.`);
    },
  });
  leaf<[string], { reason: string }>(queue, {
    usage: 'discard <id>',
    description: 'give a dead letter up; the need that it was to place is cancelled',
    options: [new Option('--reason <text>', 'why, for the audit log').makeOptionMandatory()],
    examples: ['dmremap queue discard 7 --reason "the disk was thrown away"'],
    run: async (context, [id]) => {
      await context.api.delete(path(id));
      done(context, { id: Number(id) }, `Dead letter ${id} is given up.`);
    },
  });
}
