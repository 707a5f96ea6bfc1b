import type { PlanContext } from '../context.js';
import type { Prospect } from '../prospect.js';
import { arrayNotHealthy, blastRadius, isMainDevice, sharesDomain } from './array-rules.js';
import {
  logicalBlockTooLarge,
  otherProtection,
  physicalBlockTooLarge,
  tooSlow,
  wrongMedia,
} from './device.js';
import type { Filter, Rejection } from './filter.js';
import { hostGrantLimit, noSpace, poolGrantLimit, reserveKept } from './limits.js';
import { inOtherChassis, notDedicated, onOtherHost } from './reach.js';
import { cordoned, draining, missing, predictedToFail, unhealthy } from './spare-state.js';

/**
 * In this order, so that the same facts always give the same reason. Those that would pass with time come
 * last: what they name is a spare that would serve otherwise.
 */
const FILTERS: readonly Filter[] = [
  onOtherHost,
  cordoned,
  draining,
  missing,
  unhealthy,
  predictedToFail,
  notDedicated,
  inOtherChassis,
  wrongMedia,
  tooSlow,
  logicalBlockTooLarge,
  physicalBlockTooLarge,
  otherProtection,
  isMainDevice,
  sharesDomain,
  blastRadius,
  noSpace,
  reserveKept,
  arrayNotHealthy,
  hostGrantLimit,
  poolGrantLimit,
];

export function firstRejection(prospect: Prospect, context: PlanContext): Rejection | undefined {
  for (const filter of FILTERS) {
    const rejection = filter(prospect, context);
    if (rejection) return rejection;
  }
  return undefined;
}
