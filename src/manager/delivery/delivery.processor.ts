import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HostId } from '../../../libs/contract/index.js';
import { DELIVERY_QUEUE } from '../queue/queue.service.js';
import { WorkerService } from '../queue/worker.service.js';
import { DeliveryService } from './delivery.service.js';

@Injectable()
export class DeliveryProcessor implements OnApplicationBootstrap {
  constructor(
    private readonly worker: WorkerService,
    private readonly delivery: DeliveryService,
  ) {}

  onApplicationBootstrap(): void {
    this.worker.handle(DELIVERY_QUEUE, (ids) =>
      this.delivery.deliver(ids.map((id) => HostId.parse(id))),
    );
  }
}
