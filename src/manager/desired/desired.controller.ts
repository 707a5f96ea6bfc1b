import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { DesiredState, type HostId } from '../../../libs/contract/index.js';
import { Allow, CurrentHost } from '../access.js';
import { DesiredService } from './desired.service.js';
import type { Watcher } from './watchers.js';

class DesiredQueryDto extends createZodDto(
  z.object({
    after: z.coerce.number().int().min(0).default(0),
    waitSeconds: z.coerce.number().int().min(0).max(60).default(0),
  }),
) {}
class DesiredStateDto extends createZodDto(DesiredState) {}

interface Reply {
  status(code: number): unknown;
  raw: { once(event: 'close', listener: () => void): unknown };
}

@ApiTags('agent')
@Controller('v1/agent')
export class DesiredController {
  constructor(private readonly desired: DesiredService) {}

  @Get('desired')
  @Allow('host')
  @ApiOkResponse({ type: DesiredStateDto })
  @ApiNoContentResponse({ description: 'nothing above `after` within the time' })
  async get(
    @CurrentHost() hostId: HostId,
    @Query() { after, waitSeconds }: DesiredQueryDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<DesiredState | undefined> {
    const wanted = { hostId, after };
    const state =
      waitSeconds === 0
        ? await this.desired.get(wanted)
        : await this.watch(this.desired.watch(wanted, waitSeconds), reply);
    if (!state) reply.status(204);
    return state;
  }

  /** An agent that went away is not waited with. */
  private async watch({ answer, drop }: Watcher, reply: Reply): Promise<DesiredState | undefined> {
    reply.raw.once('close', drop);
    return answer;
  }
}
