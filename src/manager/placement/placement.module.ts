import { Module } from '@nestjs/common';
import { HostsModule } from '../hosts/hosts.module.js';
import { LeasesModule } from '../leases/leases.module.js';
import { NeedsModule } from '../needs/needs.module.js';
import { TargetsModule } from '../targets/targets.module.js';
import { ExplainService } from './explain.service.js';
import { FactsService } from './facts.service.js';
import { PlacementController } from './placement.controller.js';
import { PlacementProcessor } from './placement.processor.js';
import { PlacementService } from './placement.service.js';

@Module({
  imports: [HostsModule, LeasesModule, NeedsModule, TargetsModule],
  controllers: [PlacementController],
  providers: [PlacementProcessor, PlacementService, ExplainService, FactsService],
  exports: [PlacementService, FactsService],
})
export class PlacementModule {}
