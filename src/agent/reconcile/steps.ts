import type {
  DesiredLease,
  DesiredTarget,
  Generation,
  LeaseId,
} from '../../../libs/contract/index.js';

/** A table to give the kernel, devices still by identity. */
export interface TablePlan {
  readonly target: DesiredTarget;
  readonly generation: Generation;
  readonly leases: readonly DesiredLease[];
}

/** One thing to do to the host. A crash after any of them leaves a state that the next plan goes on from. */
export type Step =
  /** Drops a table that was loaded but never swapped in. */
  | { readonly kind: 'clear'; readonly name: string }
  /** Swaps in what is loaded, and lets I/O go on. */
  | { readonly kind: 'resume'; readonly name: string }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'format'; readonly target: DesiredTarget; readonly lease: DesiredLease }
  | ({ readonly kind: 'create' } & TablePlan)
  | ({ readonly kind: 'load'; readonly name: string } & TablePlan)
  /** Ends the job that empties a lease. */
  | { readonly kind: 'cancel'; readonly target: DesiredTarget }
  | { readonly kind: 'evacuate'; readonly target: DesiredTarget; readonly leaseId: LeaseId }
  | { readonly kind: 'wipe'; readonly lease: DesiredLease };

export type RefusalReason =
  | 'TargetFailed'
  | 'TargetBusy'
  | 'DesiredBehindKernel'
  | 'TargetHasNoTable'
  | 'MainDeviceMissing'
  | 'MainDeviceTooSmall'
  | 'MainLengthDiffers'
  | 'LeaseDeviceMissing'
  | 'LeaseDeviceInUse'
  | 'LeaseOutsideDevice'
  | 'LeaseUnreadable'
  | 'LeaseOccupied'
  | 'LeaseDiffers'
  | 'LeaseLost'
  | 'LeaseMissing'
  | 'LeaseInUse'
  | 'LeaseStillWanted'
  | 'TargetNotReady'
  | 'MembersDisagree';

/** Why something wanted is not done; becomes a condition. */
export interface Refusal {
  /** `TargetReady/<name>`, `TargetAbsent/<name>` or `LeaseWiped/<id>`. */
  readonly subject: string;
  readonly reason: RefusalReason;
  readonly message: string;
}

/** What is done for one target or wipe; the rest of its steps is left when one fails. */
export interface Task {
  readonly subject: string;
  readonly steps: readonly Step[];
}

export interface Plan {
  readonly tasks: readonly Task[];
  readonly refusals: readonly Refusal[];
}

export class Refused extends Error {
  constructor(
    readonly reason: RefusalReason,
    message: string,
  ) {
    super(message);
  }
}

export const leaseLabel = (lease: { leaseId: LeaseId; deviceId: string }): string =>
  `lease ${lease.leaseId} on ${lease.deviceId}`;
