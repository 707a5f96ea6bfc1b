import { Controller, Get, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '../access.js';
import { DatabaseService } from '../database/database.service.js';
import { QueueService } from '../queue/queue.service.js';

interface Reply {
  status(code: number): unknown;
}

interface Readiness {
  status: 'ok' | 'unavailable';
  checks: Record<'postgres' | 'redis', 'up' | 'down'>;
}

@ApiTags('health')
@Controller('health')
@Allow('anyone')
export class HealthController {
  constructor(
    private readonly database: DatabaseService,
    private readonly queue: QueueService,
  ) {}

  /** The process answers; nothing more. */
  @Get('live')
  live() {
    return { status: 'ok' };
  }

  /** 200 with PostgreSQL and Redis both up, else 503; without Redis alone the API still works. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: Reply): Promise<Readiness> {
    const [postgres, redis] = await Promise.all([
      this.database.query('SELECT 1').then(
        () => true,
        () => false,
      ),
      this.queue.ping(),
    ]);
    if (!postgres || !redis) reply.status(503);
    const word = (up: boolean) => (up ? 'up' : 'down');
    return {
      status: postgres && redis ? 'ok' : 'unavailable',
      checks: { postgres: word(postgres), redis: word(redis) },
    };
  }
}
