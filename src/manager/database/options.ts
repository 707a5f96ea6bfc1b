import { types, type ClientBase } from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { Identity1763800000001 } from '../../../migrations/1763800000001-identity.js';
import { Inventory1763800000002 } from '../../../migrations/1763800000002-inventory.js';
import { Books1763800000003 } from '../../../migrations/1763800000003-books.js';
import { Journal1763800000004 } from '../../../migrations/1763800000004-journal.js';
import { Facts1763800000005 } from '../../../migrations/1763800000005-facts.js';
import { DeviceClaims1763800000010 } from '../../../migrations/1763800000010-device-claims.js';
import { ServiceStates1763800000011 } from '../../../migrations/1763800000011-service-states.js';
import { FailedMessages1763800000012 } from '../../../migrations/1763800000012-failed-messages.js';
import { Versions1763800000013 } from '../../../migrations/1763800000013-versions.js';
import { AnsweredRequests1763800000014 } from '../../../migrations/1763800000014-answered-requests.js';
import { AuditReasons1763800000015 } from '../../../migrations/1763800000015-audit-reasons.js';
import { UnchangedReports1763800000020 } from '../../../migrations/1763800000020-unchanged-reports.js';
import { Coverage1763800000030 } from '../../../migrations/1763800000030-coverage.js';
import { GrantsWithinTheHour1763800000040 } from '../../../migrations/1763800000040-grants-within-the-hour.js';
import { Evacuation1763800000050 } from '../../../migrations/1763800000050-evacuation.js';
import { BooksInSets1763800000060 } from '../../../migrations/1763800000060-books-in-sets.js';
import { KeptPlans1763800000070 } from '../../../migrations/1763800000070-kept-plans.js';
import { SteadyPlans1763800000080 } from '../../../migrations/1763800000080-steady-plans.js';
import { RoomForGrants1763800000090 } from '../../../migrations/1763800000090-room-for-grants.js';
import { NothingToCount1763800000100 } from '../../../migrations/1763800000100-nothing-to-count.js';
import { NeedsByState1763800000110 } from '../../../migrations/1763800000110-needs-by-state.js';
import { SpareNumbers1763800000120 } from '../../../migrations/1763800000120-spare-numbers.js';
import { ConditionsAsText1763800000130 } from '../../../migrations/1763800000130-conditions-as-text.js';
import { AllOrNone1763800000140 } from '../../../migrations/1763800000140-all-or-none.js';
import { IdsByTime1763800000150 } from '../../../migrations/1763800000150-ids-by-time.js';
import { isoTime } from './timestamps.js';

/** Rows leave the driver as the contract has them: sectors as numbers, times as ISO text. */
export function readRowsAsContract(): void {
  types.setTypeParser(types.builtins.INT8, Number);
  types.setTypeParser(types.builtins.TIMESTAMPTZ, isoTime);
}

/**
 * The pool takes its listener away when it lends a client, and TypeORM adds its own a moment later: an error
 * that PostgreSQL sends in between, such as that it goes down, would end the process. With a hook the pool's
 * listener stays until all is read that came with the news of the connection; this one is for what comes after.
 * No error is lost: whoever has the client hears of it at the next query, and the pool takes none such back.
 */
function outliveErrors(client: ClientBase): void {
  client.on('error', () => undefined);
}

export function dataSourceOptions(url: string, onPoolError: (error: unknown) => void) {
  return {
    type: 'postgres',
    url,
    applicationName: 'dm-remap-manager',
    migrations: [
      Identity1763800000001,
      Inventory1763800000002,
      Books1763800000003,
      Journal1763800000004,
      Facts1763800000005,
      DeviceClaims1763800000010,
      ServiceStates1763800000011,
      FailedMessages1763800000012,
      Versions1763800000013,
      AnsweredRequests1763800000014,
      AuditReasons1763800000015,
      UnchangedReports1763800000020,
      Coverage1763800000030,
      GrantsWithinTheHour1763800000040,
      Evacuation1763800000050,
      BooksInSets1763800000060,
      KeptPlans1763800000070,
      SteadyPlans1763800000080,
      RoomForGrants1763800000090,
      NothingToCount1763800000100,
      NeedsByState1763800000110,
      SpareNumbers1763800000120,
      ConditionsAsText1763800000130,
      AllOrNone1763800000140,
      IdsByTime1763800000150,
    ],
    migrationsTransactionMode: 'each',
    poolErrorHandler: onPoolError,
    extra: {
      max: 16,
      onConnect: outliveErrors,
      // Statements that need nothing of each other's answers travel together.
      pipeline: true,
      connectionTimeoutMillis: 3000,
      keepAlive: true,
      statement_timeout: 15_000,
      idle_in_transaction_session_timeout: 30_000,
      // Books lie on SSDs or in memory: a few hundred rows by their keys are no reason to read all.
      options: '-c random_page_cost=1.1',
    },
  } satisfies DataSourceOptions;
}
