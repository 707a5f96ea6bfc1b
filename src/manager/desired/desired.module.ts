import { Module } from '@nestjs/common';
import { HostsModule } from '../hosts/hosts.module.js';
import { DesiredController } from './desired.controller.js';
import { DesiredService } from './desired.service.js';

@Module({
  imports: [HostsModule],
  controllers: [DesiredController],
  providers: [DesiredService],
})
export class DesiredModule {}
