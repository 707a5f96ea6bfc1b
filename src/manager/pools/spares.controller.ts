import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import { z } from 'zod';
import { CreateSpare, Page, Spare, SpareId, UpdateService } from '../../../libs/contract/index.js';
import { Allow, CurrentActor, type Actor } from '../access.js';
import { HostsService } from '../hosts/hosts.service.js';
import { PageQuery, pageRequest } from '../paging.js';
import { CurrentRequestKey, Repeatable, type RequestKey } from '../request-key.js';
import { Conditional, IfMatch, Versioned, type ExpectedVersion } from '../versions.js';
import { PoolsService } from './pools.service.js';
import { SparesService } from './spares.service.js';

class SpareDto extends createZodDto(Spare) {}
class SparePageDto extends createZodDto(Page(Spare)) {}
class CreateSpareDto extends createZodDto(CreateSpare) {}
class UpdateSpareDto extends createZodDto(UpdateService) {}
class SpareParamsDto extends createZodDto(z.object({ id: SpareId })) {}
class SparesQueryDto extends createZodDto(
  PageQuery.extend({ pool: z.string().optional(), host: z.string().optional() }),
) {}

@ApiTags('spares')
@Controller('v1/spares')
export class SparesController {
  constructor(
    private readonly spares: SparesService,
    private readonly pools: PoolsService,
    private readonly hosts: HostsService,
  ) {}

  @Post()
  @Allow('operator')
  @Repeatable()
  @Versioned()
  @ZodResponse({ status: 201, type: SpareDto })
  create(
    @Body() body: CreateSpareDto,
    @CurrentRequestKey() key: RequestKey | null,
    @CurrentActor() actor: Actor,
  ) {
    return this.spares.create(body, key, actor);
  }

  @Get()
  @Allow('viewer')
  @ZodResponse({ type: SparePageDto })
  async list(@Query() query: SparesQueryDto) {
    return this.spares.list(pageRequest(query), {
      poolId: query.pool === undefined ? null : (await this.pools.get(query.pool)).id,
      hostId: await this.hosts.idOf(query.host),
    });
  }

  @Get(':id')
  @Allow('viewer')
  @Versioned()
  @ZodResponse({ type: SpareDto })
  get(@Param() { id }: SpareParamsDto) {
    return this.spares.get(id);
  }

  @Patch(':id')
  @Allow('operator')
  @Versioned()
  @Conditional()
  @ZodResponse({ type: SpareDto })
  update(
    @Param() { id }: SpareParamsDto,
    @Body() body: UpdateSpareDto,
    @IfMatch() expected: ExpectedVersion,
    @CurrentActor() actor: Actor,
  ) {
    return this.spares.update(id, body, expected, actor);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('operator')
  @Conditional()
  async remove(
    @Param() { id }: SpareParamsDto,
    @IfMatch() expected: ExpectedVersion,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    await this.spares.remove(id, expected, actor);
  }
}
