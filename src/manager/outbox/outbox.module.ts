import { Global, Module } from '@nestjs/common';
import { FailuresService } from './failures.service.js';
import { OutboxService } from './outbox.service.js';

@Global()
@Module({
  providers: [FailuresService, OutboxService],
  exports: [FailuresService, OutboxService],
})
export class OutboxModule {}
