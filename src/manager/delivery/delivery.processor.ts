import { Processor } from '@nestjs/bullmq';
import type { Job } from 'bullmq';
import { HostId } from '../../../libs/contract/index.js';
import { DELIVERY_QUEUE, WakeUpProcessor, type WakeUp } from '../queue/queue.service.js';
import { DeliveryService } from './delivery.service.js';

@Processor(DELIVERY_QUEUE, { concurrency: 8 })
export class DeliveryProcessor extends WakeUpProcessor {
  constructor(private readonly delivery: DeliveryService) {
    super();
  }

  async process(job: Job<WakeUp>): Promise<void> {
    await this.delivery.deliver(HostId.parse(job.data.subjectId));
  }
}
