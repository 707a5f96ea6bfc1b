import { Module } from '@nestjs/common';
import { NeedsModule } from '../needs/needs.module.js';
import { PlacementModule } from '../placement/placement.module.js';
import { DeliveryProcessor } from './delivery.processor.js';
import { DeliveryService } from './delivery.service.js';
import { RelayService } from './relay.service.js';
import { SweeperService } from './sweeper.service.js';

@Module({
  imports: [NeedsModule, PlacementModule],
  providers: [DeliveryProcessor, DeliveryService, RelayService, SweeperService],
})
export class DeliveryModule {}
