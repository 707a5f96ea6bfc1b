import type {
  CheckedLease,
  DumpedCopy,
  DumpedEntry,
  DumpedLease,
  MetadataCheck,
  MetadataFinding,
} from '../../../libs/contract/index.js';
import { SECTOR_BYTES } from '../../../libs/contract/index.js';
import { state } from '../render/paint.js';
import { renderFields, renderTable } from '../render/table.js';
import type { Column } from '../render/table.js';
import { size, yesNo } from '../render/units.js';

const MOST_ALIKE = 10;

const leaseColumns: readonly Column<CheckedLease>[] = [
  { head: 'DEVICE', text: ({ device }) => device },
  { head: 'OFFSET', text: ({ offsetSectors }) => offsetSectors, right: true },
  { head: 'SIZE', text: ({ lengthSectors }) => size(lengthSectors), right: true },
  { head: 'LEASE', text: ({ leaseId }) => leaseId },
  { head: 'TARGET', text: ({ targetId }) => targetId },
  { head: 'GENERATION', text: ({ generation }) => generation, right: true },
  {
    head: 'USED',
    text: ({ usedBlocks, totalBlocks }) => `${usedBlocks}/${totalBlocks}`,
    right: true,
  },
  { head: 'RETIRED', text: ({ retiredBlocks }) => retiredBlocks, right: true },
];

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;

function describeFinding({
  severity,
  code,
  device,
  offsetBytes,
  message,
}: MetadataFinding): string {
  const place = offsetBytes === null ? device : `${device}, byte ${offsetBytes}`;
  return `${state(severity)} ${code}: ${place}\n  ${message}`;
}

/** Of many alike on one device only the first are shown, and then how many more there are. */
function describeFindings(findings: readonly MetadataFinding[]): string[] {
  const alike = new Map<string, MetadataFinding[]>();
  for (const finding of findings) {
    const key = [finding.severity, finding.code, finding.device].join();
    const group = alike.get(key) ?? [];
    group.push(finding);
    alike.set(key, group);
  }
  return [...alike.values()].flatMap((group) => {
    const more = group.length - MOST_ALIKE;
    return [
      ...group.slice(0, MOST_ALIKE).map(describeFinding),
      ...(more > 0 ? [`  ${more} more like the last; -o json has them all.`] : []),
    ];
  });
}

export function describeCheck({ leases, findings }: MetadataCheck): string {
  const of = (wanted: string) => findings.filter(({ severity }) => severity === wanted).length;
  const result = `${count(leases.length, 'lease')}: ${count(of('error'), 'error')}, ${count(of('warning'), 'warning')}, ${count(of('note'), 'note')}.`;
  return [
    ...(leases.length > 0 ? [renderTable(leaseColumns, leases)] : []),
    ...describeFindings(findings),
    result,
  ].join('\n\n');
}

const copyColumns: readonly Column<DumpedCopy>[] = [
  { head: 'SUPERBLOCK', text: ({ copy }) => `copy ${copy}` },
  { head: 'BYTE', text: ({ offsetBytes }) => offsetBytes, right: true },
  { head: 'STATE', text: (copy) => state(copy.state) },
  { head: 'SEQUENCE', text: ({ sequence }) => sequence ?? '-', right: true },
  { head: 'GENERATION', text: ({ generation }) => generation ?? '-', right: true },
  { head: 'WHY', text: ({ reason }) => reason ?? '' },
];

const entryColumns: readonly Column<DumpedEntry>[] = [
  { head: 'LEASE BLOCK', text: ({ leaseBlock }) => leaseBlock, right: true },
  { head: 'STATE', text: ({ kind }) => kind },
  { head: 'MAIN BLOCK', text: ({ mainBlock }) => mainBlock ?? '-', right: true },
  { head: 'SEQUENCE', text: ({ sequence }) => sequence ?? '-', right: true },
  { head: 'VALID', text: ({ valid }) => valid ?? '-', right: true },
  { head: 'DATA AT SECTOR', text: ({ sector }) => sector, right: true },
];

function describeSuperblock(lease: DumpedLease): string[] {
  const { superblock, usedBlocks, retiredBlocks, lostPages } = lease;
  if (superblock === null) return ['No superblock is valid; what the lease holds is not known.'];
  const { mainSectors, members, totalBlocks, blockSectors } = superblock;
  return [
    renderFields([
      ['Lease', superblock.leaseId],
      ['Target', superblock.targetId],
      ['Generation', superblock.generation === 0 ? '0, never ran' : superblock.generation],
      ['Length', `${superblock.lengthSectors} sectors, ${size(superblock.lengthSectors)}`],
      [
        'Blocks',
        `${totalBlocks} of ${size(blockSectors)} from sector ${superblock.dataStartSectors} of the lease`,
      ],
      ['Used', `${usedBlocks}, ${retiredBlocks} retired`],
      ['Main device', `${mainSectors} sectors, ${size(mainSectors)}`],
      ['Metadata failed', yesNo(superblock.metadataFailed)],
      ['Label', superblock.label === '' ? '-' : JSON.stringify(superblock.label)],
      ['Members', members.length === 0 ? '-' : members.join('\n                 ')],
      ...(lostPages.length > 0 ? ([['Pages lost', lostPages.join(', ')]] as const) : []),
    ]),
  ];
}

export function describeDump(leases: readonly DumpedLease[]): string {
  return leases
    .map((lease) =>
      [
        `${lease.device} at sector ${lease.offsetSectors} (byte ${lease.offsetSectors * SECTOR_BYTES})`,
        renderTable(copyColumns, lease.copies),
        ...describeSuperblock(lease),
        ...(lease.entries.length > 0 ? [renderTable(entryColumns, lease.entries)] : []),
        ...(lease.next === null ? [] : [`There are more: --first ${lease.next}`]),
      ].join('\n\n'),
    )
    .join('\n\n');
}
