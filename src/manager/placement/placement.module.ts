import { Module } from '@nestjs/common';
import { HostsModule } from '../hosts/hosts.module.js';
import { LeasesModule } from '../leases/leases.module.js';
import { NeedsModule } from '../needs/needs.module.js';
import { PoolsModule } from '../pools/pools.module.js';
import { TargetsModule } from '../targets/targets.module.js';
import { PlacementController } from './placement.controller.js';
import { PlacementProcessor } from './placement.processor.js';
import { PlacementService } from './placement.service.js';
import { PlannerService } from './planner.service.js';

@Module({
  imports: [HostsModule, LeasesModule, NeedsModule, PoolsModule, TargetsModule],
  controllers: [PlacementController],
  providers: [PlacementProcessor, PlacementService, PlannerService],
  exports: [PlacementService],
})
export class PlacementModule {}
