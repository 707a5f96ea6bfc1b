import type { World } from '../world';

/** What must hold, as a sentence, and how it is broken: one line each, none when it is not. */
export interface Law {
  law: string;
  broken(world: World): Promise<string[]>;
}

/** A law that a query finds the offenders of. */
export const lawOf = (law: string, offenders: string): Law => ({
  law,
  broken: async (world) => (await world.rows<object>(offenders)).map((row) => JSON.stringify(row)),
});
