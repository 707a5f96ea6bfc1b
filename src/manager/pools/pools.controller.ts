import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import { CreatePool, Page, Pool, UpdatePool } from '../../../libs/contract/index.js';
import { Allow, CurrentActor, type Actor } from '../access.js';
import { pageRequest, PageQueryDto } from '../paging.js';
import { CurrentRequestKey, Repeatable, type RequestKey } from '../request-key.js';
import { Conditional, IfMatch, Versioned, type ExpectedVersion } from '../versions.js';
import { PoolsService } from './pools.service.js';

class PoolDto extends createZodDto(Pool) {}
class PoolPageDto extends createZodDto(Page(Pool)) {}
class CreatePoolDto extends createZodDto(CreatePool) {}
class UpdatePoolDto extends createZodDto(UpdatePool) {}

@ApiTags('pools')
@Controller('v1/pools')
export class PoolsController {
  constructor(private readonly pools: PoolsService) {}

  @Post()
  @Allow('operator')
  @Repeatable()
  @Versioned()
  @ZodResponse({ status: 201, type: PoolDto })
  create(
    @Body() body: CreatePoolDto,
    @CurrentRequestKey() key: RequestKey | null,
    @CurrentActor() actor: Actor,
  ) {
    return this.pools.create(body, key, actor);
  }

  @Get()
  @Allow('viewer')
  @ZodResponse({ type: PoolPageDto })
  list(@Query() query: PageQueryDto) {
    return this.pools.list(pageRequest(query));
  }

  @Get(':idOrName')
  @Allow('viewer')
  @Versioned()
  @ZodResponse({ type: PoolDto })
  get(@Param('idOrName') idOrName: string) {
    return this.pools.get(idOrName);
  }

  @Patch(':idOrName')
  @Allow('operator')
  @Versioned()
  @Conditional()
  @ZodResponse({ type: PoolDto })
  update(
    @Param('idOrName') idOrName: string,
    @Body() body: UpdatePoolDto,
    @IfMatch() expected: ExpectedVersion,
    @CurrentActor() actor: Actor,
  ) {
    return this.pools.updatePolicy(idOrName, definedOnly(body.policy), expected, actor);
  }

  @Delete(':idOrName')
  @HttpCode(204)
  @Allow('operator')
  @Conditional()
  async remove(
    @Param('idOrName') idOrName: string,
    @IfMatch() expected: ExpectedVersion,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    await this.pools.remove(idOrName, expected, actor);
  }
}

function definedOnly<T extends object>(value: T) {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
