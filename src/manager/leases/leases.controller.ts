import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import { z } from 'zod';
import {
  HostId,
  Lease,
  LeaseState,
  Page,
  PoolId,
  SpareId,
  TargetId,
} from '../../../libs/contract/index.js';
import { Allow } from '../access.js';
import { PageQuery, numberedPageRequest } from '../paging.js';
import { LeasesService } from './leases.service.js';

class LeasesQueryDto extends createZodDto(
  PageQuery.extend({
    target: TargetId.optional(),
    spare: SpareId.optional(),
    /** That the spare is on. */
    host: HostId.optional(),
    pool: PoolId.optional(),
    state: LeaseState.optional(),
    /** Also those whose extent was given back. */
    released: z.stringbool().default(false),
  }),
) {}
class LeasePageDto extends createZodDto(Page(Lease)) {}

@ApiTags('leases')
@Controller('v1/leases')
export class LeasesController {
  constructor(private readonly leases: LeasesService) {}

  @Get()
  @Allow('viewer')
  @ZodResponse({ type: LeasePageDto })
  list(@Query() query: LeasesQueryDto) {
    return this.leases.list(numberedPageRequest(query), {
      targetId: query.target ?? null,
      spareId: query.spare ?? null,
      hostId: query.host ?? null,
      poolId: query.pool ?? null,
      state: query.state ?? null,
      released: query.released || query.state === 'released',
    });
  }
}
