import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import { z } from 'zod';
import { Disk, Page, RaidArray } from '../../../libs/contract/index.js';
import { Allow } from '../access.js';
import { HostsService } from '../hosts/hosts.service.js';
import { PageQuery, pageRequest } from '../paging.js';
import { InventoryService } from './inventory.service.js';

class ByHostDto extends createZodDto(PageQuery.extend({ host: z.string().optional() })) {}
class DiskPageDto extends createZodDto(Page(Disk)) {}
class ArrayPageDto extends createZodDto(Page(RaidArray)) {}

@ApiTags('inventory')
@Controller('v1')
export class InventoryController {
  constructor(
    private readonly inventory: InventoryService,
    private readonly hosts: HostsService,
  ) {}

  @Get('disks')
  @Allow('viewer')
  @ZodResponse({ type: DiskPageDto })
  async disks(@Query() query: ByHostDto) {
    return this.inventory.listDisks(pageRequest(query), await this.hosts.idOf(query.host));
  }

  @Get('arrays')
  @Allow('viewer')
  @ZodResponse({ type: ArrayPageDto })
  async arrays(@Query() query: ByHostDto) {
    return this.inventory.listArrays(pageRequest(query), await this.hosts.idOf(query.host));
  }
}
