import { Option } from 'commander';
import type { Command } from 'commander';
import { CoverageSummary, CoveredDomain, DomainLevel } from '../../../libs/contract/index.js';
import { leaf } from '../command.js';
import { paint } from '../render/paint.js';
import { renderTable } from '../render/table.js';
import type { Column } from '../render/table.js';
import { age, size } from '../render/units.js';

type Summary = CoverageSummary['pools'][number];
type Short = CoveredDomain & { array: CoveredDomain['shortArrays'][number] | null };

const summaryColumns: readonly Column<Summary>[] = [
  { head: 'POOL', text: ({ poolName }) => poolName },
  { head: 'LEVEL', text: ({ level }) => level },
  { head: 'DOMAINS', text: ({ domains }) => domains, right: true },
  {
    head: 'SHORT',
    text: ({ shortDomains }) => (shortDomains > 0 ? paint('red', String(shortDomains)) : 0),
    right: true,
  },
  {
    head: 'WORST LACKS',
    text: ({ worstShortfallSectors }) =>
      worstShortfallSectors > 0 ? size(worstShortfallSectors) : '-',
    right: true,
  },
];

const place = ({ domain, hostName, level }: CoveredDomain) =>
  hostName === null || level === 'host' ? domain : `${hostName} ${domain}`;

const domainColumns: readonly Column<Short>[] = [
  { head: 'POOL', text: ({ poolName }) => poolName },
  { head: 'LEVEL', text: ({ level }) => level },
  { head: 'IF LOST', text: place },
  { head: 'SPARES', text: ({ spareIds }) => spareIds.length, right: true },
  { head: 'ARRAY', text: ({ array }) => (array ? `${array.hostName}/${array.name}` : 'all') },
  {
    head: 'NEEDS',
    text: ({ array, neededSectors }) => size(array?.neededSectors ?? neededSectors),
    right: true,
  },
  {
    head: 'GETS',
    text: ({ array, coveredSectors }) => size(array?.coveredSectors ?? coveredSectors),
    right: true,
  },
  { head: 'WHY', text: ({ array }) => array?.reason ?? '-' },
  { head: 'DETAIL', text: ({ array }) => array?.detail ?? '', wide: true },
];

/** One row for each array that comes away short, one for a domain that does not. */
const rowsOf = (domain: CoveredDomain): Short[] =>
  domain.shortArrays.length === 0
    ? [{ ...domain, array: null }]
    : domain.shortArrays.map((array) => ({ ...domain, array }));

function lead({ pools, staleHosts, asOf }: CoverageSummary): string {
  if (asOf === null) return 'Nothing was worked out yet; ask again in a few seconds.';
  const when =
    staleHosts > 0
      ? `\n\n${staleHosts} hosts changed and are looked at again; the oldest of this is of ${age(asOf)} ago.`
      : '';
  if (pools.length === 0)
    return `Nothing is lent from any known failure domain, so none can be missed.${when}`;
  return renderTable(summaryColumns, pools) + when;
}

interface CoverageOptions {
  readonly pool?: string;
  readonly level?: string;
  readonly all?: boolean;
}

export function addCoverageCommand(program: Command): void {
  leaf<[], CoverageOptions>(program, {
    usage: 'coverage',
    description: 'whether the spares that remain would do if a failure domain were lost',
    options: [
      new Option('--pool <pool>', 'only of this pool, by name or id'),
      new Option('--level <level>', 'only domains of this level').choices(DomainLevel.options),
      new Option('--all', 'also list the domains whose loss is covered'),
    ],
    examples: ['dmremap coverage', 'dmremap coverage --level enclosure --all'],
    run: async ({ api, show, output }, _, { pool, level, all }) => {
      const query = { pool, level, ...(all === true ? {} : { suffices: 'false' }) };
      const domains = await api.list(CoveredDomain, '/v1/coverage', query);
      const known = await api.get(CoverageSummary, '/v1/coverage/summary');
      const of = ({ poolId, poolName, level: its }: Summary) =>
        (pool === undefined || pool === poolId || pool === poolName) &&
        (level === undefined || level === its);
      const summary = { ...known, pools: known.pools.filter(of) };
      show({ ...summary, domains }, () => {
        const rows = domains.flatMap(rowsOf);
        const table = rows.length > 0 ? [renderTable(domainColumns, rows, output === 'wide')] : [];
        return [lead(summary), ...table].join('\n\n');
      });
    },
  });
}
