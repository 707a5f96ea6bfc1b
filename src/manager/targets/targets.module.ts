import { Module } from '@nestjs/common';
import { HostsModule } from '../hosts/hosts.module.js';
import { InventoryModule } from '../inventory/inventory.module.js';
import { LeasesModule } from '../leases/leases.module.js';
import { NeedsModule } from '../needs/needs.module.js';
import { PoolsModule } from '../pools/pools.module.js';
import { LeaseRequestService } from './lease-request.service.js';
import { TargetRemovalService } from './target-removal.service.js';
import { TargetsController } from './targets.controller.js';
import { TargetsService } from './targets.service.js';

@Module({
  imports: [HostsModule, InventoryModule, LeasesModule, NeedsModule, PoolsModule],
  controllers: [TargetsController],
  providers: [LeaseRequestService, TargetRemovalService, TargetsService],
  exports: [TargetRemovalService, TargetsService],
})
export class TargetsModule {}
