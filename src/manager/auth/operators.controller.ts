import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import { CreatedOperator, CreateOperator, Operator, Page } from '../../../libs/contract/index.js';
import { Allow, CurrentActor, type Actor } from '../access.js';
import { CurrentRequestKey, Repeatable, type RequestKey } from '../request-key.js';
import { AuthService } from './auth.service.js';

class CreateOperatorDto extends createZodDto(CreateOperator) {}
class CreatedOperatorDto extends createZodDto(CreatedOperator) {}
class OperatorPageDto extends createZodDto(Page(Operator)) {}

@ApiTags('operators')
@Controller('v1/operators')
@Allow('administrator')
export class OperatorsController {
  constructor(private readonly auth: AuthService) {}

  /** The token is shown once. */
  @Post()
  @Repeatable()
  @ZodResponse({ status: 201, type: CreatedOperatorDto })
  create(
    @Body() body: CreateOperatorDto,
    @CurrentRequestKey() key: RequestKey | null,
    @CurrentActor() actor: Actor,
  ) {
    return this.auth.createOperator(body, key, actor);
  }

  @Get()
  @ZodResponse({ type: OperatorPageDto })
  async list() {
    return { items: await this.auth.listOperators(), nextCursor: null };
  }

  @Delete(':idOrName')
  @HttpCode(204)
  async remove(@Param('idOrName') idOrName: string, @CurrentActor() actor: Actor): Promise<void> {
    await this.auth.removeOperator(idOrName, actor);
  }
}
