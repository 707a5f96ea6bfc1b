import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import { z } from 'zod';
import { AuditEntry, Page, Timestamp } from '../../../libs/contract/index.js';
import { Allow } from '../access.js';
import { numberedPageRequest, PageQuery } from '../paging.js';
import { AuditService } from './audit.service.js';

class AuditPageDto extends createZodDto(Page(AuditEntry)) {}
class AuditQueryDto extends createZodDto(
  PageQuery.extend({
    actor: z.string().optional(),
    /** `pool.update`, or `pool` for all that was done to pools. */
    action: z.string().optional(),
    /** The id of what was changed. */
    subject: z.string().optional(),
    since: Timestamp.optional(),
  }),
) {}

@ApiTags('audit')
@Controller('v1/audit')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  @Allow('administrator')
  @ZodResponse({ type: AuditPageDto })
  list(@Query() query: AuditQueryDto) {
    const { actor = null, action = null, subject = null, since = null } = query;
    return this.audit.list(numberedPageRequest(query), { actor, action, subject, since });
  }
}
