import { Module } from '@nestjs/common';
import { HostsModule } from '../hosts/hosts.module.js';
import { InventoryModule } from '../inventory/inventory.module.js';
import { LeasesModule } from '../leases/leases.module.js';
import { NeedsModule } from '../needs/needs.module.js';
import { TargetsModule } from '../targets/targets.module.js';
import { EvacuationService } from './evacuation.service.js';

@Module({
  imports: [HostsModule, InventoryModule, LeasesModule, NeedsModule, TargetsModule],
  providers: [EvacuationService],
  exports: [EvacuationService],
})
export class EvacuationModule {}
