import type { Figures, Happened, Outcome, SimulationResult } from '../../libs/simulation/index.js';

interface Row<Key> {
  key: Key;
  text: string;
  digits?: number;
}

const HAPPENED: readonly Row<keyof Happened>[] = [
  { key: 'mainDevices', text: 'main devices' },
  { key: 'mainDevicesDied', text: '  died unforeseen' },
  { key: 'mainDevicesCopied', text: '  replaced before they died' },
  { key: 'devicesWithErrors', text: '  had latent errors' },
  { key: 'spareDevices', text: 'spare devices' },
  { key: 'sparesDied', text: '  died unforeseen' },
  { key: 'sparesRetired', text: '  taken out with a warning' },
  { key: 'enclosureLosses', text: 'enclosures away for a while' },
  { key: 'hostLosses', text: 'hosts away for a while' },
];

const GROUPS: readonly { title: string; rows: readonly Row<keyof Figures>[] }[] = [
  {
    title: 'utilisation of the spares',
    rows: [
      { key: 'utilisationPercent', text: 'lent, % of all', digits: 2 },
      { key: 'spreadPercent', text: 'spread over time, % points', digits: 2 },
      { key: 'spreadEndPercent', text: 'spread at the end, % points', digits: 2 },
      { key: 'fullestOverMean', text: 'fullest over mean of its host', digits: 2 },
      { key: 'fullestPercent', text: 'fullest ever, %', digits: 1 },
      { key: 'scatteredPercent', text: 'free space in pieces, %', digits: 2 },
    ],
  },
  {
    title: 'needs',
    rows: [
      { key: 'needs', text: 'needs' },
      { key: 'needsUnmet', text: 'not met at once' },
      { key: 'needHoursUnmet', text: 'hours that they waited' },
      { key: 'needsLeftUnmet', text: 'unmet at the end' },
      { key: 'blocksWithoutSpace', text: 'failed blocks without lease space' },
    ],
  },
  {
    title: 'data at risk',
    rows: [
      { key: 'bareArrayHours', text: 'array-hours without redundancy' },
      { key: 'bareArrayHoursByLeases', text: '  of these because of leases' },
      { key: 'arraysBrokenByLeases', text: 'arrays out of reach because of leases' },
      { key: 'arraysLost', text: 'arrays lost' },
      { key: 'blocksLost', text: 'blocks lost' },
      { key: 'sharedDisks', text: 'grants that join two members on one disk' },
    ],
  },
  {
    title: 'what leans on a spare',
    rows: [
      { key: 'arraysPerSpare', text: 'arrays on a spare in use', digits: 2 },
      { key: 'arraysPerSpareMost', text: 'most arrays on one spare' },
      { key: 'sparesLost', text: 'spares lost with leases on them' },
      { key: 'arraysHitPerSpareLost', text: 'arrays hit by each', digits: 2 },
      { key: 'leasesLost', text: 'leases lost' },
      { key: 'blocksRebuilt', text: 'blocks that arrays had to rebuild' },
    ],
  },
  {
    title: 'grants and moves',
    rows: [
      { key: 'grants', text: 'leases granted' },
      { key: 'leasesPerTarget', text: 'leases of a target at the end', digits: 3 },
      { key: 'leasesPerTargetMost', text: 'most leases of a target' },
      { key: 'leasesMoved', text: 'leases moved off spares' },
      { key: 'blocksMoved', text: 'blocks copied for that' },
    ],
  },
];

const shown = (value: number, digits = 0) =>
  value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Rows of cells as lines; all but the first column to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(0, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function comparison(outcomes: readonly Outcome[]): string[] {
  return aligned([
    ['', ...outcomes.map(({ label }) => label)],
    ...GROUPS.flatMap(({ title, rows }) => [
      [],
      [title],
      ...rows.map(({ key, text, digits }) => [
        `  ${text}`,
        ...outcomes.map(({ figures }) => shown(figures[key], digits)),
      ]),
    ]),
  ]);
}

function reasons(outcomes: readonly Outcome[]): string[] {
  const some = outcomes.filter(({ unmetFor }) => unmetFor.length > 0);
  if (some.length === 0) return [];
  return [
    '',
    'Needs were not met at once because of',
    ...aligned(
      some.map(({ label, unmetFor }) => [
        `  ${label}`,
        ...unmetFor.map(({ reason, needs }) => `${shown(needs)} ${reason}`),
      ]),
    ),
  ];
}

/** The result for people. */
export function render({ fleet, happened, outcomes }: SimulationResult): string {
  const { hosts, years, seed } = fleet;
  return [
    `${shown(hosts)} hosts over ${years} years, seed ${seed}. To all policies alike it happened:`,
    '',
    ...aligned(HAPPENED.map(({ key, text }) => [text, shown(happened[key])])),
    '',
    ...comparison(outcomes),
    ...reasons(outcomes),
  ].join('\n');
}
