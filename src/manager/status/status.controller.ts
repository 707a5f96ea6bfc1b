import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import { FleetStatus } from '../../../libs/contract/index.js';
import { Allow } from '../access.js';
import { DatabaseService } from '../database/database.service.js';
import { fleetStatus } from './status.repository.js';

class FleetStatusDto extends createZodDto(FleetStatus) {}

@ApiTags('status')
@Controller('v1/status')
export class StatusController {
  constructor(private readonly database: DatabaseService) {}

  @Get()
  @Allow('viewer')
  @ZodResponse({ type: FleetStatusDto })
  get() {
    return fleetStatus(this.database);
  }
}
