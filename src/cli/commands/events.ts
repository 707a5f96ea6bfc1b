import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import { Event, Page } from '../../../libs/contract/index.js';
import { leaf } from '../command.js';
import type { Context } from '../command.js';
import { CliError, EXIT } from '../errors.js';
import { paint, state } from '../render/paint.js';
import { momentOf } from '../when.js';

type Event_ = z.infer<typeof Event>;

const WAIT_SECONDS = 30;
const PAGE_SIZE = 500;
const AGAIN_MS = 2000;

interface Options {
  readonly follow?: boolean;
  readonly since?: string;
  readonly limit: string;
}

const SEVERITY_WIDTH = 'warning'.length;
/** The longest there is. */
const TYPE_WIDTH = 'disk.failure-not-predicted'.length;

function formatEvent(event: Event_): string {
  const subject = [event.hostName, event.targetName].filter((name) => name !== null).join('/');
  const at = event.at.replace(/\.\d+/, '');
  return [
    paint('dim', at),
    state(event.severity) + ' '.repeat(SEVERITY_WIDTH - event.severity.length),
    event.type.padEnd(TYPE_WIDTH),
    ...(subject === '' ? [] : [paint('bold', subject)]),
    event.message,
  ].join('  ');
}

/** A number is an event id; anything else a time, such as 2026-01-31T12:00:00Z or 15m. */
export function parseSince(text: string, now = Date.now()): { id: number } | { from: number } {
  if (/^\d+$/.test(text)) return { id: Number(text) };
  return { from: momentOf(text, now) };
}

function print({ output }: Context, events: readonly Event_[]): void {
  for (const event of events) {
    process.stdout.write(`${output === 'json' ? JSON.stringify(event) : formatEvent(event)}\n`);
  }
}

const fetchEvents = (
  { api }: Context,
  after: number | undefined,
  query: { tail?: number; waitSeconds: number },
) =>
  api.get(Page(Event), '/v1/events', {
    query: { ...query, after, limit: PAGE_SIZE },
    waitSeconds: query.waitSeconds,
  });

async function follow(context: Context, start: number): Promise<never> {
  let after = start;
  for (;;) {
    try {
      const page = await fetchEvents(context, after, { waitSeconds: WAIT_SECONDS });
      print(context, page.items);
      after = page.items.at(-1)?.id ?? after;
    } catch (error) {
      if (!(error instanceof CliError) || error.exitCode !== EXIT.unreachable) throw error;
      process.stderr.write('The manager does not answer; waiting for it…\n');
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

async function run(context: Context, options: Options): Promise<void> {
  const since = options.since === undefined ? undefined : parseSince(options.since);
  const tail = Number(options.limit);
  const after = since === undefined ? undefined : 'id' in since ? since.id : 0;
  const from = since !== undefined && 'from' in since ? since.from : -Infinity;
  let last = after ?? 0;
  let shown = 0;
  let page = await fetchEvents(context, after, {
    ...(after === undefined && { tail }),
    waitSeconds: 0,
  });
  for (;;) {
    const events = page.items.filter(({ at }) => Date.parse(at) >= from);
    print(context, events);
    shown += events.length;
    last = page.items.at(-1)?.id ?? Math.max(last, Number(page.nextCursor ?? 0));
    if (page.items.length < PAGE_SIZE) break;
    page = await fetchEvents(context, last, { waitSeconds: 0 });
  }
  if (options.follow === true) await follow(context, last);
  if (shown === 0 && context.output !== 'json') {
    process.stderr.write('Nothing has happened. Follow what comes with: dmremap events -f\n');
  }
}

export function addEventCommand(program: Command): void {
  leaf<[], Options>(program, {
    usage: 'events',
    description: 'what has happened, oldest first; with -o json one object a line',
    options: [
      new Option('-f, --follow', 'go on with what happens from now on'),
      new Option('--since <when>', '15m, a time, or the id of the last event seen'),
      new Option('--limit <n>', 'without --since: the newest so many').default('50'),
    ],
    examples: ['dmremap events', 'dmremap events -f', 'dmremap events --since 15m -o json'],
    run: (context, _, options) => run(context, options),
  });
}
