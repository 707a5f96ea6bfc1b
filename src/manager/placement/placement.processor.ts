import { Processor } from '@nestjs/bullmq';
import type { Job } from 'bullmq';
import { NeedId } from '../../../libs/contract/index.js';
import { PLACEMENT_QUEUE, WakeUpProcessor, type WakeUp } from '../queue/queue.service.js';
import { PlacementService } from './placement.service.js';

@Processor(PLACEMENT_QUEUE, { concurrency: 4 })
export class PlacementProcessor extends WakeUpProcessor {
  constructor(private readonly placement: PlacementService) {
    super();
  }

  async process(job: Job<WakeUp>): Promise<void> {
    await this.placement.place(NeedId.parse(job.data.subjectId));
  }
}
