import type { LeaseId } from '../../../../libs/contract/index.js';
import type { Law } from './law';

interface Held {
  id: LeaseId;
  target: string;
  state: string;
  health: string;
  used: number;
  total: number;
  retired: number;
}

const inWords = (held: Held[]) => held.map((one) => JSON.stringify(one));

/** At rest. */
export const HOLDINGS: Law[] = [
  {
    law: 'the books hold what the hosts hold, lease by lease and block by block',
    async broken(world) {
      const books = await world.rows<Held>(
        `SELECT lease.id, target_id AS target, lease.state, health, used_blocks::int AS used,
                total_blocks::int AS total, retired_blocks::int AS retired
         FROM lease JOIN target ON target.id = target_id
         WHERE host_id = ANY ($1) AND lease.state <> 'released' ORDER BY lease.id`,
        [world.hosts.map(({ id }) => id)],
      );
      const hosts = world.hosts
        .flatMap(({ machine }) => [...machine.targets.values()])
        .flatMap(({ targetId, leases }) =>
          leases.map((lease): Held => ({
            ...{ id: lease.leaseId, target: targetId, state: 'active', health: lease.state },
            ...{ used: lease.usedBlocks, total: lease.totalBlocks, retired: lease.retiredBlocks },
          })),
        )
        .sort((a, b) => (a.id < b.id ? -1 : 1));
      const [theirs, ours] = [new Set(inWords(hosts)), new Set(inWords(books))];
      return [
        ...[...ours]
          .filter((held) => !theirs.has(held))
          .map((held) => `only in the books: ${held}`),
        ...[...theirs].filter((held) => !ours.has(held)).map((held) => `only on a host: ${held}`),
      ];
    },
  },
  {
    law: 'what lies on the spares is what is lent',
    async broken(world) {
      const lent = await world.rows<{ id: LeaseId }>(
        `SELECT lease.id FROM lease JOIN target ON target.id = target_id
         WHERE host_id = ANY ($1) AND lease.state <> 'released'`,
        [world.hosts.map(({ id }) => id)],
      );
      const books = new Set(lent.map(({ id }) => id));
      return world.media.leases().filter((id) => !books.has(id));
    },
  },
  {
    law: 'a lease was released only after the host had confirmed its wipe',
    async broken(world) {
      const released = await world.rows<{ id: LeaseId }>(
        `SELECT lease.id FROM lease JOIN target ON target.id = target_id
         WHERE host_id = ANY ($1) AND lease.state = 'released'`,
        [world.hosts.map(({ id }) => id)],
      );
      const confirmed = new Set(world.hosts.flatMap(({ machine }) => [...machine.confirmed]));
      return released.map(({ id }) => id).filter((id) => !confirmed.has(id));
    },
  },
];
