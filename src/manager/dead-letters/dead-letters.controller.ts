import { Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import { z } from 'zod';
import { DeadLetter, Page, QueueKind, QueueStatus } from '../../../libs/contract/index.js';
import { Allow, CurrentActor, type Actor } from '../access.js';
import { numberedPageRequest, PageQuery } from '../paging.js';
import { ProblemError } from '../problem.js';
import { DeadLettersService } from './dead-letters.service.js';

class QueueStatusDto extends createZodDto(QueueStatus) {}
class DeadLetterPageDto extends createZodDto(Page(DeadLetter)) {}
class DeadLettersQueryDto extends createZodDto(PageQuery.extend({ kind: QueueKind.optional() })) {}
class LetterParamsDto extends createZodDto(z.object({ id: z.coerce.number().int().positive() })) {}
class DiscardQueryDto extends createZodDto(
  z.object({ reason: z.string().trim().min(1).max(1000).optional() }),
) {}

@ApiTags('queue')
@Controller('v1/queue')
export class DeadLettersController {
  constructor(private readonly letters: DeadLettersService) {}

  @Get()
  @Allow('viewer')
  @ZodResponse({ type: QueueStatusDto })
  status() {
    return this.letters.status();
  }

  @Get('dead-letters')
  @Allow('viewer')
  @ZodResponse({ type: DeadLetterPageDto })
  list(@Query() query: DeadLettersQueryDto) {
    return this.letters.list(numberedPageRequest(query), query.kind ?? null);
  }

  /** Tries it again, as often as a new one. */
  @Post('dead-letters/:id/retry')
  @HttpCode(204)
  @Allow('operator')
  async retry(@Param() { id }: LetterParamsDto, @CurrentActor() actor: Actor): Promise<void> {
    await this.letters.retry(id, actor);
  }

  /** Gives it up, with a reason; a need that it was to place is cancelled. */
  @Delete('dead-letters/:id')
  @HttpCode(204)
  @Allow('operator')
  async discard(
    @Param() { id }: LetterParamsDto,
    @Query() query: DiscardQueryDto,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    const reason = query.reason ?? actor.reason;
    if (reason === undefined)
      throw new ProblemError(
        400,
        'reason-missing',
        'Say why it is given up, in `reason` or in the header X-Reason; the need and the audit log keep it.',
      );
    await this.letters.discard(id, { ...actor, reason });
  }
}
