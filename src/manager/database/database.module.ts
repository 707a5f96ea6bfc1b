import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { PinoLogger } from 'nestjs-pino';
import { ConfigService } from '../config/config.service.js';
import { DatabaseService } from './database.service.js';
import { dataSourceOptions, readRowsAsContract } from './options.js';
import { WakeService } from './wake.service.js';

@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [ConfigService, PinoLogger],
      useFactory: (config: ConfigService, log: PinoLogger) => {
        readRowsAsContract();
        return {
          ...dataSourceOptions(config.values.DATABASE_URL, (error) => {
            log.warn({ err: withoutClient(error) }, 'a PostgreSQL connection was lost');
          }),
          // DatabaseService connects, so that an absent PostgreSQL does not keep the API down.
          manualInitialization: true,
        };
      },
    }),
  ],
  providers: [DatabaseService, WakeService],
  exports: [DatabaseService, WakeService],
})
export class DatabaseModule {}

/** The pool adds the client, which knows the key that cancels the backend's queries: not for a log. */
function withoutClient(error: unknown): unknown {
  if (error instanceof Error && 'client' in error) delete error.client;
  return error;
}
