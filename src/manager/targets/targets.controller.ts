import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import { z } from 'zod';
import { CreateTarget, Need, Page, RequestLease, Target } from '../../../libs/contract/index.js';
import { Allow, CurrentActor, type Actor } from '../access.js';
import { HostsService } from '../hosts/hosts.service.js';
import { PageQuery, pageRequest } from '../paging.js';
import { CurrentRequestKey, IdempotencyKey, Repeatable, type RequestKey } from '../request-key.js';
import { Conditional, IfMatch, Versioned, type ExpectedVersion } from '../versions.js';
import { LeaseRequestService } from './lease-request.service.js';
import { TargetRemovalService } from './target-removal.service.js';
import { TargetsService } from './targets.service.js';

const OnHost = z.object({ host: z.string().optional() });
class TargetDto extends createZodDto(Target) {}
class TargetPageDto extends createZodDto(Page(Target)) {}
class NeedDto extends createZodDto(Need) {}
class CreateTargetDto extends createZodDto(CreateTarget) {}
class RequestLeaseDto extends createZodDto(RequestLease) {}
class OnHostDto extends createZodDto(OnHost) {}
class TargetsQueryDto extends createZodDto(PageQuery.extend(OnHost.shape)) {}
class RemoveQueryDto extends createZodDto(
  OnHost.extend({
    /** Also when blocks live only in its leases, or when it is a member of an array. */
    force: z.stringbool().default(false),
  }),
) {}

@ApiTags('targets')
@Controller('v1/targets')
export class TargetsController {
  constructor(
    private readonly targets: TargetsService,
    private readonly removal: TargetRemovalService,
    private readonly leaseRequests: LeaseRequestService,
    private readonly hosts: HostsService,
  ) {}

  @Post()
  @Allow('operator')
  @Repeatable()
  @Versioned()
  @ZodResponse({ status: 201, type: TargetDto })
  create(
    @Body() body: CreateTargetDto,
    @CurrentRequestKey() key: RequestKey | null,
    @CurrentActor() actor: Actor,
  ) {
    return this.targets.create(body, key, actor);
  }

  @Get()
  @Allow('viewer')
  @ZodResponse({ type: TargetPageDto })
  async list(@Query() query: TargetsQueryDto) {
    return this.targets.list(pageRequest(query), await this.hosts.idOf(query.host));
  }

  @Get(':idOrName')
  @Allow('viewer')
  @Versioned()
  @ZodResponse({ type: TargetDto })
  async get(@Param('idOrName') idOrName: string, @Query() query: OnHostDto) {
    return this.targets.get(idOrName, await this.hosts.idOf(query.host));
  }

  @Delete(':idOrName')
  @HttpCode(202)
  @Allow('operator')
  @Versioned()
  @Conditional()
  @ZodResponse({ status: 202, type: TargetDto })
  async remove(
    @Param('idOrName') idOrName: string,
    @Query() query: RemoveQueryDto,
    @IfMatch() expected: ExpectedVersion,
    @CurrentActor() actor: Actor,
  ) {
    const hostId = await this.hosts.idOf(query.host);
    return this.removal.remove(idOrName, hostId, query.force, expected, actor);
  }

  /** Asks for a further lease; the same Idempotency-Key gives the same need. */
  @Post(':idOrName/leases')
  @HttpCode(202)
  @Allow('operator')
  @ApiHeader({ name: 'Idempotency-Key', required: true })
  @ZodResponse({ status: 202, type: NeedDto })
  async requestLease(
    @Param('idOrName') idOrName: string,
    @Query() query: OnHostDto,
    @Body() body: RequestLeaseDto,
    @IdempotencyKey() key: string | undefined,
    @CurrentActor() actor: Actor,
  ) {
    const target = await this.targets.get(idOrName, await this.hosts.idOf(query.host));
    return this.leaseRequests.request(target.id, key, body.lengthSectors, actor);
  }
}
