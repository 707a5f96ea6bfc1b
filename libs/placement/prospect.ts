import { surveySpace, type Space } from './space.js';
import type { SpareFact } from './snapshot.js';

/** A spare under consideration. Its space is looked at once, and only when no cheaper rule spoke first. */
export class Prospect {
  private surveyed: Space | undefined;

  constructor(
    readonly spare: SpareFact,
    private readonly lengthSectors: number,
  ) {}

  get space(): Space {
    return (this.surveyed ??= surveySpace(this.spare.free, this.lengthSectors));
  }

  get leasedSectors(): number {
    return this.spare.lendableSectors - this.space.freeSectors;
  }

  /** Share of the spare that is lent once the grant is made. */
  get utilisationAfter(): number {
    return (this.leasedSectors + this.lengthSectors) / this.spare.lendableSectors;
  }
}
