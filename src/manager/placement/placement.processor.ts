import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { NeedId } from '../../../libs/contract/index.js';
import { PLACEMENT_QUEUE } from '../queue/queue.service.js';
import { WorkerService } from '../queue/worker.service.js';
import { PlacementService } from './placement.service.js';

@Injectable()
export class PlacementProcessor implements OnApplicationBootstrap {
  constructor(
    private readonly worker: WorkerService,
    private readonly placement: PlacementService,
  ) {}

  onApplicationBootstrap(): void {
    this.worker.handle(PLACEMENT_QUEUE, (ids) =>
      this.placement.place(ids.map((id) => NeedId.parse(id))),
    );
  }
}
