import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Client } from 'pg';
import { anyFleet } from '../support/books/fleet';
import { Generations } from '../support/books/generations';
import { ALWAYS, AT_REST, mustHold } from '../support/books/laws';
import { comeToRest } from '../support/books/rest';
import { runStep } from '../support/books/run-step';
import { anyGroups } from '../support/books/steps';
import { World } from '../support/books/world';
import { Crew } from '../support/crashes/crew';
import { newBacking, type Backing } from '../support/manager';

const { BOOKS_SEED, BOOKS_PATH, BOOKS_RUNS = '5', BOOKS_STEPS = '12' } = process.env;
const MINUTES_A_RUN = 2;

let backing: Backing;
let crew: Crew;
let sql: Client;

beforeAll(async () => {
  backing = await newBacking();
  crew = await Crew.start(backing, 3);
  sql = new Client({ connectionString: backing.databaseUrl });
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await crew.dismiss();
});

describe('the books of any fleet', () => {
  it(
    'keep their laws whatever people, hosts and crashes do, and lose nothing',
    async () => {
      let runs = 0;
      const property = fc.asyncProperty(
        anyFleet,
        anyGroups(Number(BOOKS_STEPS)),
        async (fleet, groups) => {
          runs += 1;
          const world = await World.build(fleet, crew, sql);
          const generations = new Generations();
          for (const group of groups) {
            await Promise.all(group.map((step) => runStep(world, step, backing.redisUrl)));
            await mustHold(ALWAYS, world);
            await generations.look(world);
          }
          await comeToRest(world);
          await mustHold(AT_REST, world);
          await generations.look(world);
        },
      );
      const { failed, counterexample, counterexamplePath, seed, errorInstance } = await fc.check(
        property,
        {
          numRuns: Number(BOOKS_RUNS),
          endOnFailure: true,
          ...(BOOKS_SEED === undefined ? {} : { seed: Number(BOOKS_SEED) }),
          ...(BOOKS_PATH === undefined ? {} : { path: BOOKS_PATH }),
        },
      );
      const reached = [...crew.sabotage.reached].map(([window, n]) => `  ${n} × ${window}`).sort();
      process.stderr.write(
        `books: seed ${seed}, ${runs} runs, ${crew.kills} managers killed; struck in\n${reached.join('\n')}\n`,
      );
      if (failed)
        throw new Error(
          [
            `again: BOOKS_SEED=${seed} BOOKS_PATH=${counterexamplePath ?? ''} BOOKS_STEPS=${BOOKS_STEPS} npm run test:books`,
            ...(counterexample ?? []).flat().map((part) => JSON.stringify(part)),
            String(errorInstance instanceof Error ? errorInstance.stack : errorInstance),
          ].join('\n'),
        );
      expect(crew.complaints).toBe('');
    },
    Number(BOOKS_RUNS) * MINUTES_A_RUN * 60_000,
  );
});
