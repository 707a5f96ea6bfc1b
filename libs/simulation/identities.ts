import type { DeviceId, HostId, PoolId, SpareId, TargetId } from '../contract/index.js';

const hex = (n: number, digits: number) => n.toString(16).padStart(digits, '0');
const uuid = (kind: number, host: number, n: number) =>
  `00000000-${hex(kind, 4)}-4000-8000-${hex(host, 6)}${hex(n, 6)}`;

/** The n-th drive in a bay. */
const ordinal = (bay: number, generation: number) => bay * 4096 + generation;

export const hostId = (host: number): HostId => uuid(1, host, 0) as HostId;
export const poolId = (host: number): PoolId => uuid(2, host, 0) as PoolId;
export const spareId = (host: number, bay: number, generation: number): SpareId =>
  uuid(3, host, ordinal(bay, generation)) as SpareId;
export const targetId = (host: number, bay: number, generation: number): TargetId =>
  uuid(4, host, ordinal(bay, generation)) as TargetId;
export const deviceId = (host: number, bay: number, generation: number): DeviceId =>
  `wwn:5000${hex(host, 6)}${hex(ordinal(bay, generation), 6)}` as DeviceId;
