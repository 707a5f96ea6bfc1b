import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import { z } from 'zod';
import { CoveredDomain, CoverageSummary, DomainLevel, Page } from '../../../libs/contract/index.js';
import { Allow } from '../access.js';
import { PageQuery, pageRequest } from '../paging.js';
import { PoolsService } from '../pools/pools.service.js';
import { CoverageService } from './coverage.service.js';

class CoveredDomainPageDto extends createZodDto(Page(CoveredDomain)) {}
class CoverageSummaryDto extends createZodDto(CoverageSummary) {}
class CoverageQueryDto extends createZodDto(
  PageQuery.extend({
    /** By name or id. */
    pool: z.string().optional(),
    level: DomainLevel.optional(),
    suffices: z.stringbool().optional(),
  }),
) {}

@ApiTags('coverage')
@Controller('v1/coverage')
export class CoverageController {
  constructor(
    private readonly coverage: CoverageService,
    private readonly pools: PoolsService,
  ) {}

  @Get()
  @Allow('viewer')
  @ZodResponse({ type: CoveredDomainPageDto })
  async list(@Query() query: CoverageQueryDto) {
    const pool = query.pool === undefined ? null : await this.pools.get(query.pool);
    return this.coverage.list(pageRequest(query), {
      poolId: pool && pool.id,
      level: query.level ?? null,
      suffices: query.suffices ?? null,
    });
  }

  @Get('summary')
  @Allow('viewer')
  @ZodResponse({ type: CoverageSummaryDto })
  summary() {
    return this.coverage.summary();
  }
}
