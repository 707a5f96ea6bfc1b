import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import { z } from 'zod';
import {
  ExplainPlacement,
  NeedId,
  Page,
  PlacementDecision,
  SimulatedPlacement,
  SimulatePlacement,
  TargetId,
} from '../../../libs/contract/index.js';
import { Allow } from '../access.js';
import { PageQuery, numberedPageRequest } from '../paging.js';
import { ExplainService } from './explain.service.js';
import { PlacementService } from './placement.service.js';

class DecisionDto extends createZodDto(PlacementDecision) {}
class DecisionPageDto extends createZodDto(Page(PlacementDecision)) {}
class ExplainPlacementDto extends createZodDto(ExplainPlacement) {}
class SimulatePlacementDto extends createZodDto(SimulatePlacement) {}
class SimulatedPlacementDto extends createZodDto(SimulatedPlacement) {}
class NeedParamDto extends createZodDto(z.object({ id: NeedId })) {}
class DecisionsQueryDto extends createZodDto(PageQuery.extend({ target: TargetId.optional() })) {}

@ApiTags('placement')
@Controller('v1/placement')
export class PlacementController {
  constructor(
    private readonly placement: PlacementService,
    private readonly explanation: ExplainService,
  ) {}

  @Post('explain')
  @HttpCode(200)
  @Allow('viewer')
  @ZodResponse({ status: 200, type: DecisionDto })
  explain(@Body() body: ExplainPlacementDto) {
    return this.explanation.explain(body);
  }

  @Get('needs/:id')
  @Allow('viewer')
  @ZodResponse({ type: DecisionDto })
  explainNeed(@Param() { id }: NeedParamDto) {
    return this.explanation.explainNeed(id);
  }

  @Post('simulate')
  @HttpCode(200)
  @Allow('viewer')
  @ZodResponse({ status: 200, type: SimulatedPlacementDto })
  async simulate(@Body() body: SimulatePlacementDto) {
    return { decisions: await this.explanation.simulate(body) };
  }

  @Get('decisions')
  @Allow('viewer')
  @ZodResponse({ type: DecisionPageDto })
  decisions(@Query() query: DecisionsQueryDto) {
    return this.placement.listDecisions(numberedPageRequest(query), query.target ?? null);
  }
}
