import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { HostsModule } from '../hosts/hosts.module.js';
import { AuthGuard } from './auth.guard.js';
import { AuthService } from './auth.service.js';
import { OperatorsController } from './operators.controller.js';

@Module({
  imports: [HostsModule],
  controllers: [OperatorsController],
  providers: [AuthService, { provide: APP_GUARD, useClass: AuthGuard }],
})
export class AuthModule {}
