import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import { AuditEntry } from '../../../libs/contract/index.js';
import { group, leaf } from '../command.js';
import { countOf } from '../options.js';
import type { Column } from '../render/table.js';
import { timeOf } from '../when.js';

type Entry = z.infer<typeof AuditEntry>;

interface Filter {
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  readonly since?: string;
  readonly limit: string;
}

const columns: readonly Column<Entry>[] = [
  { head: 'AT', text: ({ at }) => at.replace(/\.\d+/, '') },
  { head: 'WHO', text: ({ actor }) => actor },
  { head: 'ROLE', text: ({ role }) => role },
  { head: 'ACTION', text: ({ action }) => action },
  { head: 'SUBJECT', text: ({ subject }) => subject },
  { head: 'REASON', text: ({ reason }) => reason ?? '' },
  { head: 'DETAIL', text: ({ detail }) => JSON.stringify(detail), wide: true },
];

export function addAuditCommands(program: Command): void {
  leaf<[], Filter>(group(program, 'audit', 'who changed what, and why'), {
    usage: 'list',
    description: 'the newest changes first; for administrators',
    options: [
      new Option('--actor <name>', 'only by this person'),
      new Option('--action <action>', 'only this, such as pool.update, or all of pool'),
      new Option('--subject <id>', 'only of this'),
      new Option('--since <when>', '15m, or a time'),
      new Option('--limit <n>', 'the newest so many').default('50'),
    ],
    examples: [
      'dmremap audit list',
      'dmremap audit list --actor alice --since 7d',
      'dmremap audit list --action spare -o json',
    ],
    run: async ({ api, showList }, _, { actor, action, subject, since, limit }) => {
      const query = { actor, action, subject, since: since && timeOf(since) };
      const entries = await api.list(AuditEntry, '/v1/audit', query, countOf(limit));
      showList(entries, columns, 'Nobody has changed anything like that.');
    },
  });
}
