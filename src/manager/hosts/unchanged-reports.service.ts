import { Injectable } from '@nestjs/common';
import { DatabaseService, Gather } from '../database/database.service.js';
import * as repository from './hosts.repository.js';
import type { UnchangedReport } from './hosts.repository.js';

const STAMP = { waitMs: 10, most: 512 };

/** Most reports say what the one before said; those of many hosts are taken in one statement. */
@Injectable()
export class UnchangedReportsService {
  private readonly stamps = new Gather<UnchangedReport, boolean>(
    (reports) => this.stamp(reports),
    STAMP,
  );

  constructor(private readonly database: DatabaseService) {}

  /** True once the report is taken and committed; false when it has to be looked at under the host's lock. */
  async take(report: UnchangedReport): Promise<boolean> {
    return this.stamps.of(report);
  }

  private async stamp(reports: readonly UnchangedReport[]): Promise<boolean[]> {
    const last = new Map(reports.map((report) => [report.hostId, report]));
    const taken = new Set(await repository.stampUnchanged(this.database, [...last.values()]));
    return reports.map((report) => taken.has(report.hostId) && last.get(report.hostId) === report);
  }
}
