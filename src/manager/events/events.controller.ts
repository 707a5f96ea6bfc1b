import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import { z } from 'zod';
import { Event, HostId, Page, TargetId } from '../../../libs/contract/index.js';
import { Allow } from '../access.js';
import { EventsService } from './events.service.js';

const EventsQuery = z.object({
  /** Only events with a greater id. */
  after: z.coerce.number().int().min(0).optional(),
  /** Without `after`: start with the newest so many. */
  tail: z.coerce.number().int().min(0).max(1000).optional(),
  waitSeconds: z.coerce.number().int().min(0).max(60).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  host: HostId.optional(),
  target: TargetId.optional(),
});
class EventsQueryDto extends createZodDto(EventsQuery) {}
class EventPageDto extends createZodDto(Page(Event)) {}

@ApiTags('events')
@Controller('v1/events')
export class EventsController {
  constructor(private readonly events: EventsService) {}

  /** `nextCursor` is what to give as `after` next; it is there whenever any event is known. */
  @Get()
  @Allow('viewer')
  @ZodResponse({ type: EventPageDto })
  async list(@Query() query: EventsQueryDto) {
    const after =
      query.after ?? (query.tail === undefined ? 0 : await this.events.idBeforeLast(query.tail));
    const items = await this.events.follow(
      { after, limit: query.limit, hostId: query.host ?? null, targetId: query.target ?? null },
      query.waitSeconds,
    );
    return { items, nextCursor: String(items.at(-1)?.id ?? after) };
  }
}
