import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import { z } from 'zod';
import { Lease, Page, TargetId } from '../../../libs/contract/index.js';
import { Allow } from '../access.js';
import { PageQuery, numberedPageRequest } from '../paging.js';
import { LeasesService } from './leases.service.js';

class LeasesQueryDto extends createZodDto(
  PageQuery.extend({
    target: TargetId.optional(),
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
      released: query.released,
    });
  }
}
