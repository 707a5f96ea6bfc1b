import { Body, Controller, HttpCode, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { ObservedState, type HostId } from '../../../libs/contract/index.js';
import { Allow, CurrentHost } from '../access.js';
import { ObservedService } from './observed.service.js';

class ObservedStateDto extends createZodDto(ObservedState) {}

@ApiTags('agent')
@Controller('v1/agent')
export class ObservedController {
  constructor(private readonly observed: ObservedService) {}

  @Put('observed')
  @HttpCode(204)
  @Allow('host')
  async put(@CurrentHost() hostId: HostId, @Body() body: ObservedStateDto): Promise<void> {
    await this.observed.report(hostId, body);
  }
}
