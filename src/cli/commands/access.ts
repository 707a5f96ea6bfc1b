import { Option } from 'commander';
import type { Command } from 'commander';
import { CreatedOperator, FleetStatus, Role } from '../../../libs/contract/index.js';
import { change, done, group, leaf } from '../command.js';
import { usageError } from '../errors.js';
import { saveSettings } from '../settings.js';

export function addAccessCommands(program: Command): void {
  leaf<[], { url?: string; token?: string }>(program, {
    usage: 'login',
    description: 'try a manager and a token, and keep them for later commands',
    examples: ['dmremap login --url http://manager:7070 --token TOKEN'],
    run: async (context, _, { token }) => {
      if (token === undefined) throw usageError('say which token: dmremap login --token TOKEN');
      const { url } = context.api;
      await context.api.get(FleetStatus, '/v1/status');
      const path = await saveSettings({ url, token });
      done(context, { url, path }, `Logged in to ${url}; kept in ${path}.`);
    },
  });
  change<[string], { role: string }>(
    group(program, 'operator', 'people and programs with a token'),
    {
      usage: 'create <name>',
      description: 'make an operator; the token is shown this once',
      options: [
        new Option('--role <role>', 'what it may do').choices(Role.options).default('operator'),
      ],
      examples: ['dmremap operator create alice --role administrator'],
      run: async ({ api, show }, [name], { role }) => {
        const created = await api.post(CreatedOperator, '/v1/operators', { name, role });
        show(created, ({ token }) =>
          [
            token,
            '',
            `For ${name} (${role}): dmremap login --url ${api.url} --token ${token}`,
          ].join('\n'),
        );
      },
    },
  );
}
