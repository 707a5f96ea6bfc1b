import { BullModule } from '@nestjs/bullmq';
import { Global, Module } from '@nestjs/common';
import { ConfigService } from '../config/config.service.js';
import { QueueService } from './queue.service.js';
import { redisOptions } from './redis-options.js';

@Global()
@Module({
  imports: [
    BullModule.forRootAsync({
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        // Workers wait for Redis as long as it takes.
        connection: { ...redisOptions(config.values.REDIS_URL), maxRetriesPerRequest: null },
      }),
    }),
  ],
  providers: [QueueService],
  exports: [QueueService],
})
export class QueueModule {}
