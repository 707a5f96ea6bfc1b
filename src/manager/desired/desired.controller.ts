import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { DesiredState, type HostId } from '../../../libs/contract/index.js';
import { Allow, CurrentHost } from '../access.js';
import { DesiredService } from './desired.service.js';

class DesiredQueryDto extends createZodDto(
  z.object({
    after: z.coerce.number().int().min(0).default(0),
    waitSeconds: z.coerce.number().int().min(0).max(60).default(0),
  }),
) {}
class DesiredStateDto extends createZodDto(DesiredState) {}

interface Reply {
  raw: ServerResponse;
  hijack(): void;
}

@ApiTags('agent')
@Controller('v1/agent')
export class DesiredController {
  constructor(private readonly desired: DesiredService) {}

  /**
   * The answer is written past Nest and fastify, which would keep alive what they have of a request until it is
   * answered: ten kilobytes for each agent, long enough to outlive the young generation.
   */
  @Get('desired')
  @Allow('host')
  @ApiOkResponse({ type: DesiredStateDto })
  @ApiNoContentResponse({ description: 'nothing above `after` within the time' })
  async get(
    @CurrentHost() hostId: HostId,
    @Query() { after, waitSeconds }: DesiredQueryDto,
    @Res() reply: Reply,
  ): Promise<void> {
    const { raw } = reply;
    const wanted = { hostId, after };
    if (waitSeconds === 0) {
      const state = await this.desired.get(wanted);
      reply.hijack();
      answer(raw, state);
      return;
    }
    const watcher = await this.desired.watch(wanted, waitSeconds);
    reply.hijack();
    watcher.onEnd((state) => {
      answer(raw, state);
    });
    // An agent that went away is not waited with.
    raw.on('close', () => {
      watcher.drop();
    });
    if (raw.destroyed) watcher.drop();
  }
}

function answer(raw: ServerResponse, state: DesiredState | undefined): void {
  if (raw.destroyed) return;
  if (!state) {
    raw.writeHead(204).end();
    return;
  }
  const body = Buffer.from(JSON.stringify(state));
  raw
    .writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': body.length,
    })
    .end(body);
}
