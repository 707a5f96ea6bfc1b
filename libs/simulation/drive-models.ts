import type { Media } from '../contract/index.js';
import { ENTERPRISE_ONSETS_A_YEAR, FLASH_ONSETS_A_YEAR, NEARLINE_ONSETS_A_YEAR } from './rates.js';

const TB = 1e12;

/** A made-up model. */
export interface DriveModel {
  name: string;
  media: Media;
  bytes: number;
  firmwares: readonly [string, ...string[]];
  /** How often drives of it begin to have latent sector errors. */
  onsetsAYear: number;
  /** Over the rate of its medium: some models are better than others. The factors are assumed. */
  deathFactor: number;
}

const nearline = (name: string, terabytes: number, deathFactor: number): DriveModel => ({
  ...{ name, media: 'hdd', bytes: terabytes * TB, firmwares: ['NA01', 'NA02'] },
  ...{ onsetsAYear: NEARLINE_ONSETS_A_YEAR, deathFactor },
});

const enterprise = (name: string, terabytes: number, deathFactor: number): DriveModel => ({
  ...{ name, media: 'hdd', bytes: terabytes * TB, firmwares: ['EA10'] },
  ...{ onsetsAYear: ENTERPRISE_ONSETS_A_YEAR, deathFactor },
});

const flash = (name: string, media: Media, terabytes: number): DriveModel => ({
  ...{ name, media, bytes: terabytes * TB, firmwares: ['F1.0', 'F1.1'] },
  ...{ onsetsAYear: FLASH_ONSETS_A_YEAR, deathFactor: 1 },
});

export const MAIN_MODELS: readonly [DriveModel, ...DriveModel[]] = [
  nearline('NL-4T', 4, 1.4),
  nearline('NL-8T', 8, 1.1),
  nearline('NL-16T', 16, 0.7),
  enterprise('EN-2T', 2, 0.8),
  flash('SX-4T', 'ssd', 4),
];

/** What spares are, besides drives left over from the purchase of the main devices. */
export const SPARE_MODELS: readonly [DriveModel, ...DriveModel[]] = [
  flash('SX-2T', 'ssd', 2),
  flash('SR-1T', 'ssd', 1),
  flash('NV-2T', 'nvme', 2),
];
