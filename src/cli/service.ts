import type { UpdateService } from '../../libs/contract/index.js';

interface ServiceChange {
  readonly usage: string;
  readonly effect: string;
  readonly body: UpdateService;
}

/** What may be done with a spare, or with all spares of a host. */
export const SERVICE_CHANGES: readonly ServiceChange[] = [
  { usage: 'cordon', effect: 'no new leases come from it', body: { cordoned: true } },
  { usage: 'uncordon', effect: 'new leases may come from it again', body: { cordoned: false } },
  {
    usage: 'drain',
    effect: 'no new leases come from it, and those there are move away',
    body: { draining: true },
  },
  {
    usage: 'undrain',
    effect: 'its leases may stay; it is cordoned until it is uncordoned',
    body: { draining: false },
  },
];

/** In one word what keeps it from lending; undefined when nothing does. */
export function serviceOf(flags: { cordoned: boolean; draining: boolean }): string | undefined {
  if (flags.draining) return 'draining';
  return flags.cordoned ? 'cordoned' : undefined;
}
