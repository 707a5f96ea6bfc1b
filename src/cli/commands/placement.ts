import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import {
  Host,
  NeedPriority,
  PlacementDecision,
  SimulatedPlacement,
  Target,
} from '../../../libs/contract/index.js';
import type { PlacementCandidate, SimulatePlacement } from '../../../libs/contract/index.js';
import { group, leaf } from '../command.js';
import type { Api } from '../api.js';
import { state } from '../render/paint.js';
import { renderFields, renderTable } from '../render/table.js';
import type { Column } from '../render/table.js';
import { age, size } from '../render/units.js';
import { CliError, EXIT } from '../errors.js';
import { targetNames, targetOf } from '../resolve.js';
import { sectorsOf } from '../sectors-of.js';
import { weightsText } from './pool-view.js';

type Decision = z.infer<typeof PlacementDecision>;
type Candidate = z.infer<typeof PlacementCandidate>;

const components = ({ scoreComponents }: Candidate) =>
  Object.entries(scoreComponents)
    .map(([name, value]) => `${name} ${value.toFixed(2)}`)
    .join(', ');

const candidateColumns = (hostNames: ReadonlyMap<string, string>): Column<Candidate>[] => [
  { head: 'HOST', text: ({ hostId }) => hostNames.get(hostId) ?? hostId },
  { head: 'SPARE', text: ({ deviceId }) => deviceId },
  { head: 'VERDICT', text: ({ verdict }) => state(verdict) },
  { head: 'SCORE', text: ({ score }) => score?.toFixed(3) ?? '-', right: true },
  { head: 'WHY', text: (candidate) => candidate.reason ?? components(candidate) },
  { head: 'DETAIL', text: ({ detail }) => detail ?? '' },
];

const extent = ({ offsetSectors, lengthSectors }: Decision) =>
  offsetSectors === null
    ? size(lengthSectors)
    : `${size(lengthSectors)} at sector ${offsetSectors}`;

function chosen({ candidates, chosenSpareId }: Decision): string {
  return candidates.find(({ spareId }) => spareId === chosenSpareId)?.deviceId ?? 'none';
}

async function hostNames(api: Api): Promise<Map<string, string>> {
  return new Map((await api.list(Host, '/v1/hosts')).map(({ id, name }) => [id, name]));
}

function describe(decision: Decision, target: string, names: ReadonlyMap<string, string>): string {
  const fields = renderFields([
    ['Target', target],
    ['Outcome', state(decision.outcome)],
    ['Spare', chosen(decision)],
    ['Extent', extent(decision)],
    ['Priority', decision.priority],
    ['Policy', `${decision.policy}: ${weightsText(decision.weights)}`],
    ['Seed', decision.seed],
    ['Decided', decision.dryRun ? 'not booked, a dry run' : decision.decidedAt],
  ]);
  const { candidates, elsewhere } = decision;
  const table = candidates.length > 0 ? [renderTable(candidateColumns(names), candidates)] : [];
  const more = elsewhere > 0 ? [elsewhereText(elsewhere)] : [];
  const none = candidates.length + elsewhere === 0 ? ['The pool has no spares.'] : [];
  return [fields, ...table, ...more, ...none].join('\n\n');
}

const elsewhereText = (count: number) =>
  count === 1
    ? '1 spare of the pool is on a host that this one cannot reach (other-host).'
    : `${count} spares of the pool are on hosts that this one cannot reach (other-host).`;

/** A target that is gone has no name any more. */
const decisionColumns = (targets: ReadonlyMap<string, string>): Column<Decision>[] => [
  { head: 'DECIDED', text: ({ decidedAt }) => `${age(decidedAt)} ago` },
  { head: 'TARGET', text: ({ targetId }) => targets.get(targetId) ?? targetId },
  { head: 'OUTCOME', text: ({ outcome }) => state(outcome) },
  { head: 'SPARE', text: chosen },
  { head: 'EXTENT', text: extent },
  {
    head: 'REJECTED',
    text: ({ candidates }) =>
      [...new Set(candidates.flatMap(({ reason }) => reason ?? []))].join(', ') || '-',
  },
  { head: 'SEED', text: ({ seed }) => seed, wide: true },
];

/** A row of a simulation: what became of the n-th need. */
interface Simulated {
  readonly decision: Decision;
  readonly target: string;
}

/** With the reason that speaks against most spares. */
function unmetText({ unmet }: Decision): string {
  return unmet ? `${unmet.reason}: ${unmet.message}` : '';
}

const simulatedColumns: readonly Column<Simulated>[] = [
  { head: 'TARGET', text: ({ target }) => target },
  { head: 'OUTCOME', text: ({ decision }) => state(decision.outcome) },
  { head: 'SPARE', text: ({ decision }) => chosen(decision) },
  { head: 'EXTENT', text: ({ decision }) => extent(decision) },
  { head: 'WHY NOT', text: ({ decision }) => unmetText(decision) },
];

interface ExplainOptions {
  need?: string;
  size?: string;
  priority?: NeedPriority;
  seed?: string;
}

async function explained(
  api: Api,
  key: string | undefined,
  { need, size: length, priority, seed }: ExplainOptions,
): Promise<Decision> {
  if ((key === undefined) === (need === undefined))
    throw new CliError(EXIT.usage, 'Name a target, or a need that waits with --need.');
  if (need !== undefined)
    return api.get(PlacementDecision, `/v1/placement/needs/${encodeURIComponent(need)}`);
  const target = await targetOf(api, key ?? '');
  return api.post(PlacementDecision, '/v1/placement/explain', {
    targetId: target.id,
    ...(length !== undefined && { lengthSectors: sectorsOf(length) }),
    ...(priority !== undefined && { priority }),
    ...(seed !== undefined && { seed }),
  });
}

type SimulatedNeed = SimulatePlacement['needs'][number];

/** TARGET[,size=SIZE][,count=N][,priority=PRIORITY], as `--need` takes it. */
async function needOf(api: Api, text: string): Promise<{ need: SimulatedNeed; target: string }> {
  const [key = '', ...settings] = text.split(',');
  const target = await targetOf(api, key);
  const need: SimulatedNeed = { targetId: target.id, count: 1 };
  for (const setting of settings) {
    const [name, value = ''] = setting.split('=', 2);
    if (name === 'size')
      need.lengthSectors = sectorsOf(value) as NonNullable<typeof need.lengthSectors>;
    else if (name === 'count' && /^[1-9][0-9]{0,2}$|^1000$/.test(value)) need.count = Number(value);
    else if (name === 'priority' && NeedPriority.safeParse(value).success)
      need.priority = NeedPriority.parse(value);
    else
      throw new CliError(
        EXIT.usage,
        `${setting} is nothing a need can have. Write TARGET[,size=SIZE][,count=1..1000][,priority=${NeedPriority.options.join('|')}].`,
      );
  }
  return { need, target: `${target.hostName}/${target.name}` };
}

function placedText(decisions: readonly Decision[]): string {
  const placed = decisions.filter(({ outcome }) => outcome === 'placed').length;
  return `${placed} of ${decisions.length} needs would be met. Nothing was booked.`;
}

export function addPlacementCommands(program: Command): void {
  const placement = group(program, 'placement', 'which spare serves a target, and why');
  leaf<[string | undefined], ExplainOptions>(placement, {
    usage: 'explain [target]',
    description: 'plan a lease without booking it, each spare with its score or its reason',
    options: [
      new Option(
        '--need <id>',
        'one that waits, as it would be planned now, instead of a target',
      ).conflicts(['size', 'priority', 'seed']),
      new Option('--size <size>', 'of the lease; else what the pool says'),
      new Option('--priority <priority>', 'of the need; else normal').choices(NeedPriority.options),
      new Option('--seed <seed>', 'repeat the choice of another plan'),
    ],
    examples: [
      'dmremap placement explain h1/r0',
      'dmremap placement explain r0 --size 64MiB --priority urgent',
      'dmremap placement explain --need 0b217ae2-497c-4af9-b2b1-4430faa93328',
    ],
    run: async ({ api, show }, [key], options) => {
      const decision = await explained(api, key, options);
      const target = await targetOf(api, decision.targetId);
      const names = await hostNames(api);
      show(decision, (value) => describe(value, `${target.hostName}/${target.name}`, names));
    },
  });
  leaf<[], { need: string[] }>(placement, {
    usage: 'simulate',
    description: 'plan needs one after the other, each on what those before would leave; book none',
    options: [
      new Option(
        '--need <need...>',
        'TARGET[,size=SIZE][,count=N][,priority=urgent|normal|low]; may be given often',
      ).makeOptionMandatory(),
    ],
    examples: [
      'dmremap placement simulate --need h1/r0,count=20',
      'dmremap placement simulate --need r0,size=64MiB,priority=urgent --need r1',
    ],
    run: async ({ api, show, output }, _, { need }) => {
      const wishes = [];
      for (const text of need) wishes.push(await needOf(api, text));
      const simulated = await api.post(SimulatedPlacement, '/v1/placement/simulate', {
        needs: wishes.map((wish) => wish.need),
      });
      const names = new Map(wishes.map((wish) => [wish.need.targetId, wish.target]));
      show(simulated, ({ decisions }) => {
        const rows = decisions.map((decision) => ({
          decision,
          target: names.get(decision.targetId) ?? decision.targetId,
        }));
        return `${renderTable(simulatedColumns, rows, output === 'wide')}\n\n${placedText(decisions)}`;
      });
    },
  });
  leaf<[], { target?: string }>(placement, {
    usage: 'decisions',
    description: 'the placements made so far',
    options: [new Option('--target <target>', 'only for this one: id, NAME or HOST/NAME')],
    examples: ['dmremap placement decisions --target h1/r0', 'dmremap placement decisions -o json'],
    run: async ({ api, showList }, _, { target }) => {
      const only = target === undefined ? undefined : await targetOf(api, target);
      const decisions = await api.list(PlacementDecision, '/v1/placement/decisions', {
        target: only?.id,
      });
      const names = targetNames(only ? [only] : await api.list(Target, '/v1/targets'));
      const empty =
        'Nothing has been placed yet. Ask how it would be: dmremap placement explain TARGET';
      showList(decisions, decisionColumns(names), empty);
    },
  });
}
