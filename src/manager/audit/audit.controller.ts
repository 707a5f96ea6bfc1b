import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import { AuditEntry, Page } from '../../../libs/contract/index.js';
import { Allow } from '../access.js';
import { numberedPageRequest, PageQueryDto } from '../paging.js';
import { AuditService } from './audit.service.js';

class AuditPageDto extends createZodDto(Page(AuditEntry)) {}

@ApiTags('audit')
@Controller('v1/audit')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  @Allow('administrator')
  @ZodResponse({ type: AuditPageDto })
  list(@Query() query: PageQueryDto) {
    return this.audit.list(numberedPageRequest(query));
  }
}
