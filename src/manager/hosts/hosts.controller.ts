import { Body, Controller, Get, Param, Patch, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import { Host, Page, UpdateService } from '../../../libs/contract/index.js';
import { Allow, CurrentActor, type Actor } from '../access.js';
import { pageRequest, PageQueryDto } from '../paging.js';
import { Conditional, IfMatch, Versioned, type ExpectedVersion } from '../versions.js';
import { HostsService } from './hosts.service.js';

class HostDto extends createZodDto(Host) {}
class HostPageDto extends createZodDto(Page(Host)) {}
class UpdateHostDto extends createZodDto(UpdateService) {}

@ApiTags('hosts')
@Controller('v1/hosts')
export class HostsController {
  constructor(private readonly hosts: HostsService) {}

  @Get()
  @Allow('viewer')
  @ZodResponse({ type: HostPageDto })
  list(@Query() query: PageQueryDto) {
    return this.hosts.list(pageRequest(query));
  }

  @Get(':idOrName')
  @Allow('viewer')
  @Versioned()
  @ZodResponse({ type: HostDto })
  get(@Param('idOrName') idOrName: string) {
    return this.hosts.get(idOrName);
  }

  @Patch(':idOrName')
  @Allow('operator')
  @Versioned()
  @Conditional()
  @ZodResponse({ type: HostDto })
  update(
    @Param('idOrName') idOrName: string,
    @Body() body: UpdateHostDto,
    @IfMatch() expected: ExpectedVersion,
    @CurrentActor() actor: Actor,
  ) {
    return this.hosts.update(idOrName, body, expected, actor);
  }
}
