import { Module } from '@nestjs/common';
import { EvacuationModule } from '../evacuation/evacuation.module.js';
import { HostsModule } from '../hosts/hosts.module.js';
import { InventoryModule } from '../inventory/inventory.module.js';
import { LeasesModule } from '../leases/leases.module.js';
import { NeedsModule } from '../needs/needs.module.js';
import { PoolsModule } from '../pools/pools.module.js';
import { TargetsModule } from '../targets/targets.module.js';
import { LowWaterService } from './low-water.service.js';
import { ObservedController } from './observed.controller.js';
import { ObservedService } from './observed.service.js';

@Module({
  imports: [
    EvacuationModule,
    HostsModule,
    InventoryModule,
    LeasesModule,
    NeedsModule,
    PoolsModule,
    TargetsModule,
  ],
  controllers: [ObservedController],
  providers: [LowWaterService, ObservedService],
})
export class ObservedModule {}
