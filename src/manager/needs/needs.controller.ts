import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import {
  HostId,
  Need,
  NeedPriority,
  NeedState,
  Page,
  PoolId,
  TargetId,
} from '../../../libs/contract/index.js';
import { Allow } from '../access.js';
import { PageQuery, numberedPageRequest } from '../paging.js';
import { NeedsService } from './needs.service.js';

class NeedsQueryDto extends createZodDto(
  PageQuery.extend({
    target: TargetId.optional(),
    host: HostId.optional(),
    pool: PoolId.optional(),
    state: NeedState.optional(),
    priority: NeedPriority.optional(),
  }),
) {}
class NeedPageDto extends createZodDto(Page(Need)) {}

@ApiTags('needs')
@Controller('v1/needs')
export class NeedsController {
  constructor(private readonly needs: NeedsService) {}

  @Get()
  @Allow('viewer')
  @ZodResponse({ type: NeedPageDto })
  list(@Query() query: NeedsQueryDto) {
    return this.needs.list(numberedPageRequest(query), {
      targetId: query.target ?? null,
      hostId: query.host ?? null,
      poolId: query.pool ?? null,
      state: query.state ?? null,
      priority: query.priority ?? null,
    });
  }
}
