import type { World } from '../world';
import { DOMAINS } from './domains';
import { HOLDINGS } from './holdings';
import { JOURNAL } from './journal';
import type { Law } from './law';
import { LIMITS } from './limits';
import { NEEDS } from './needs';
import { SPACE } from './space';

/** Hold in every moment that anybody could look. */
export const ALWAYS: readonly Law[] = [...SPACE, ...DOMAINS, ...LIMITS];
/** Hold when nothing is under way any more. */
export const AT_REST: readonly Law[] = [...ALWAYS, ...NEEDS, ...HOLDINGS, ...JOURNAL];

export async function mustHold(laws: readonly Law[], world: World): Promise<void> {
  const broken: string[] = [];
  for (const one of laws) {
    const found = await one.broken(world);
    if (found.length > 0) broken.push(`broken: ${one.law}\n  ${found.slice(0, 5).join('\n  ')}`);
  }
  if (broken.length > 0) throw new Error(broken.join('\n'));
}
