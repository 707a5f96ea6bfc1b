import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import {
  CreateEnrolmentToken,
  EnrolHost,
  EnrolledHost,
  EnrolmentToken,
} from '../../../libs/contract/index.js';
import { Allow, CurrentActor, type Actor } from '../access.js';
import { CurrentRequestKey, Repeatable, type RequestKey } from '../request-key.js';
import { EnrolmentService } from './enrolment.service.js';

class CreateEnrolmentTokenDto extends createZodDto(CreateEnrolmentToken) {}
class EnrolmentTokenDto extends createZodDto(EnrolmentToken) {}
class EnrolHostDto extends createZodDto(EnrolHost) {}
class EnrolledHostDto extends createZodDto(EnrolledHost) {}

@ApiTags('hosts')
@Controller('v1')
export class EnrolmentController {
  constructor(private readonly enrolment: EnrolmentService) {}

  @Post('enrolment-tokens')
  @Allow('administrator')
  @Repeatable()
  @ZodResponse({ status: 201, type: EnrolmentTokenDto })
  createToken(
    @Body() body: CreateEnrolmentTokenDto,
    @CurrentRequestKey() key: RequestKey | null,
    @CurrentActor() actor: Actor,
  ) {
    return this.enrolment.createToken(body.ttlSeconds, key, actor);
  }

  @Post('enrol')
  @HttpCode(200)
  @Allow('anyone')
  @ZodResponse({ status: 200, type: EnrolledHostDto })
  enrol(@Body() body: EnrolHostDto) {
    return this.enrolment.enrol(body);
  }
}
