import { Module } from '@nestjs/common';
import { HostsModule } from '../hosts/hosts.module.js';
import { InventoryModule } from '../inventory/inventory.module.js';
import { LeasesModule } from '../leases/leases.module.js';
import { NeedsModule } from '../needs/needs.module.js';
import { PoolsController } from './pools.controller.js';
import { PoolsService } from './pools.service.js';
import { SparesController } from './spares.controller.js';
import { SparesService } from './spares.service.js';

@Module({
  imports: [HostsModule, InventoryModule, LeasesModule, NeedsModule],
  controllers: [PoolsController, SparesController],
  providers: [PoolsService, SparesService],
  exports: [PoolsService, SparesService],
})
export class PoolsModule {}
