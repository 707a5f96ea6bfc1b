import { Module } from '@nestjs/common';
import { LeasesModule } from '../leases/leases.module.js';
import { NeedsModule } from '../needs/needs.module.js';
import { EnrolmentController } from './enrolment.controller.js';
import { EnrolmentService } from './enrolment.service.js';
import { HostsController } from './hosts.controller.js';
import { HostsService } from './hosts.service.js';
import { UnchangedReportsService } from './unchanged-reports.service.js';

@Module({
  imports: [LeasesModule, NeedsModule],
  controllers: [EnrolmentController, HostsController],
  providers: [EnrolmentService, HostsService, UnchangedReportsService],
  exports: [HostsService, UnchangedReportsService],
})
export class HostsModule {}
