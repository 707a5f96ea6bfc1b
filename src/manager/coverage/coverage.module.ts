import { Module } from '@nestjs/common';
import { PlacementModule } from '../placement/placement.module.js';
import { PoolsModule } from '../pools/pools.module.js';
import { CoverageController } from './coverage.controller.js';
import { CoverageService } from './coverage.service.js';

@Module({
  imports: [PlacementModule, PoolsModule],
  controllers: [CoverageController],
  providers: [CoverageService],
})
export class CoverageModule {}
