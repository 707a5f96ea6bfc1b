import { Module } from '@nestjs/common';
import { LeaseReleaseService } from './lease-release.service.js';
import { LeasesController } from './leases.controller.js';
import { LeasesService } from './leases.service.js';

@Module({
  controllers: [LeasesController],
  providers: [LeaseReleaseService, LeasesService],
  exports: [LeaseReleaseService, LeasesService],
})
export class LeasesModule {}
