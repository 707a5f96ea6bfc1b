import { Body, Controller, Headers, HttpCode, Post, Put, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { ObservedState, type HostId } from '../../../libs/contract/index.js';
import { Allow, CurrentHost } from '../access.js';
import { UnchangedReportsService } from '../hosts/unchanged-reports.service.js';
import { ProblemError } from '../problem.js';
import { ObservedService } from './observed.service.js';

class ObservedStateDto extends createZodDto(ObservedState) {}
class UnchangedQueryDto extends createZodDto(z.object({ sequence: z.coerce.number().int() })) {}

interface Reply {
  header(name: string, value: string): void;
}

@ApiTags('agent')
@Controller('v1/agent/observed')
export class ObservedController {
  constructor(
    private readonly observed: ObservedService,
    private readonly unchanged: UnchangedReportsService,
  ) {}

  @Put()
  @HttpCode(204)
  @Allow('host')
  async put(
    @CurrentHost() hostId: HostId,
    @Body() body: ObservedStateDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<void> {
    reply.header('etag', `"${await this.observed.report(hostId, body)}"`);
  }

  /** The host sees what it told in the report with this ETag. */
  @Post('unchanged')
  @HttpCode(204)
  @Allow('host')
  @ApiHeader({ name: 'If-Match', description: 'ETag that the report was answered with' })
  async confirm(
    @CurrentHost() hostId: HostId,
    @Query() { sequence }: UnchangedQueryDto,
    @Headers('if-match') etag = '',
  ): Promise<void> {
    const reportHash = etag.replaceAll('"', '');
    if (await this.unchanged.take({ hostId, sequence, reportHash })) return;
    throw new ProblemError(
      412,
      'whole-report-wanted',
      'This is not what the manager knows of the host, or it has to look at all of it again; report the whole.',
    );
  }
}
