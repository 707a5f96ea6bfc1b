import type { World } from './world';

/** Watches numbers that may only grow. */
export class Generations {
  private readonly highest = new Map<string, number>();

  async look(world: World): Promise<void> {
    const now = await world.rows<{ what: string; generation: number }>(
      `SELECT 'host ' || id AS what, desired_generation::float8 AS generation FROM host
       UNION ALL SELECT 'target ' || id, desired_table_generation::float8 FROM target
       UNION ALL SELECT 'facts of ' || id, facts_version::float8 FROM host`,
    );
    for (const { what, generation } of now) {
      const before = this.highest.get(what) ?? 0;
      if (generation < before) throw new Error(`${what} went back from ${before} to ${generation}`);
      this.highest.set(what, generation);
    }
  }
}
