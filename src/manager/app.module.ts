import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule } from './auth/auth.module.js';
import { ConfigModule } from './config/config.module.js';
import { CoverageModule } from './coverage/coverage.module.js';
import { DatabaseModule } from './database/database.module.js';
import { DeadLettersModule } from './dead-letters/dead-letters.module.js';
import { DeliveryModule } from './delivery/delivery.module.js';
import { DesiredModule } from './desired/desired.module.js';
import { EventsModule } from './events/events.module.js';
import { HealthModule } from './health/health.module.js';
import { HostsModule } from './hosts/hosts.module.js';
import { IdempotencyModule } from './idempotency/idempotency.module.js';
import { InventoryModule } from './inventory/inventory.module.js';
import { LeasesModule } from './leases/leases.module.js';
import { LogModule } from './log.module.js';
import { NeedsModule } from './needs/needs.module.js';
import { ObservedModule } from './observed/observed.module.js';
import { OutboxModule } from './outbox/outbox.module.js';
import { PlacementModule } from './placement/placement.module.js';
import { PoolsModule } from './pools/pools.module.js';
import { ProblemsModule } from './problems/problems.module.js';
import { QueueModule } from './queue/queue.module.js';
import { StatusModule } from './status/status.module.js';
import { TargetsModule } from './targets/targets.module.js';

@Module({
  imports: [
    ConfigModule,
    LogModule,
    // Before the queue: modules close in this order's reverse, and jobs need their database to the last.
    DatabaseModule,
    QueueModule,
    ScheduleModule.forRoot(),
    ProblemsModule,
    OutboxModule,
    EventsModule,
    AuditModule,
    IdempotencyModule,
    AuthModule,
    HealthModule,
    HostsModule,
    InventoryModule,
    NeedsModule,
    LeasesModule,
    PoolsModule,
    TargetsModule,
    PlacementModule,
    CoverageModule,
    DesiredModule,
    ObservedModule,
    DeliveryModule,
    DeadLettersModule,
    StatusModule,
  ],
})
export class AppModule {}
