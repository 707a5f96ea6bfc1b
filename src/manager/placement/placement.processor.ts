import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { NeedId } from '../../../libs/contract/index.js';
import { PLACEMENT_QUEUE } from '../queue/queue.service.js';
import { WorkerService } from '../queue/worker.service.js';
import { PlacementService } from './placement.service.js';

/**
 * The service gathers what they carry into batches, which are the larger the more jobs wait. With many more at
 * once each job would be asked for by itself, not handed over when the one before it ends.
 */
const JOBS_AT_ONCE = 32;

@Injectable()
export class PlacementProcessor implements OnApplicationBootstrap {
  constructor(
    private readonly worker: WorkerService,
    private readonly placement: PlacementService,
  ) {}

  onApplicationBootstrap(): void {
    this.worker.handle(PLACEMENT_QUEUE, JOBS_AT_ONCE, (ids) =>
      this.placement.place(ids.map((id) => NeedId.parse(id))),
    );
  }
}
