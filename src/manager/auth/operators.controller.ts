import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import { CreatedOperator, CreateOperator, Operator, Page } from '../../../libs/contract/index.js';
import { Allow, CurrentActor, type Actor } from '../access.js';
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
  @ZodResponse({ status: 201, type: CreatedOperatorDto })
  create(@Body() body: CreateOperatorDto, @CurrentActor() actor: Actor) {
    return this.auth.createOperator(body, actor);
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
