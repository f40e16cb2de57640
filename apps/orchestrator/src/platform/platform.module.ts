/** What every floor stands on. Global: nobody imports it twice. */
import { Global, Module, type OnModuleDestroy } from "@nestjs/common";
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from "@nestjs/core";
import { ZodSerializerInterceptor, ZodValidationPipe } from "nestjs-zod";
import { AccessGuard } from "./access.guard";
import { CleanTextGuard } from "./clean-text.guard";
import { Clock, SystemClock } from "./clock";
import { Config } from "./config";
import { Database } from "./database";
import { EnrollmentRepository } from "./enrollment-repository";
import { HealthController } from "./health.controller";
import { IdempotencyInterceptor, KEYS_ARE_KEPT_MS } from "./idempotency.interceptor";
import { IdempotencyRepository } from "./idempotency-repository";
import { Ids, RandomIds } from "./ids";
import { Log } from "./log";
import { Metrics } from "./metrics";
import { Periodic } from "./periodic";
import { ProblemFilter } from "./problem-filter";
import { ReadinessProbe } from "./readiness";
import { Startup } from "./startup";
import { TokenRepository } from "./token-repository";
import { TokensController } from "./tokens.controller";

const FORGET_KEYS_EVERY_MS = 3600 * 1000;

@Global()
@Module({
  controllers: [HealthController, TokensController],
  providers: [
    { provide: Clock, useClass: SystemClock },
    { provide: Ids, useClass: RandomIds },
    { provide: Log, useFactory: (config: Config) => new Log(config.logLevel), inject: [Config] },
    {
      provide: Database,
      useFactory: (config: Config, log: Log) => new Database(config.databaseUrl, log),
      inject: [Config, Log],
    },
    EnrollmentRepository,
    IdempotencyRepository,
    Metrics,
    ReadinessProbe,
    Startup,
    TokenRepository,
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_GUARD, useClass: CleanTextGuard },
    { provide: APP_PIPE, useClass: ZodValidationPipe },
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
    { provide: APP_INTERCEPTOR, useClass: ZodSerializerInterceptor },
    { provide: APP_FILTER, useFactory: (log: Log) => new ProblemFilter(log), inject: [Log] },
  ],
  exports: [Clock, Database, EnrollmentRepository, Ids, Log, Metrics, ReadinessProbe, Startup, TokenRepository],
})
export class PlatformModule implements OnModuleDestroy {
  private readonly forgetKeys: Periodic;

  constructor(
    private readonly database: Database,
    keys: IdempotencyRepository,
    clock: Clock,
    startup: Startup,
    log: Log,
  ) {
    const forget = () => keys.forgetBefore(new Date(clock.now().getTime() - KEYS_ARE_KEPT_MS));
    this.forgetKeys = new Periodic("forgetting old idempotency keys", FORGET_KEYS_EVERY_MS, forget, log);
    startup.begin("forgetting old idempotency keys", async () => this.forgetKeys.start());
  }

  /** Last of all modules to be destroyed is not promised by Nest: others end their work in beforeApplicationShutdown. */
  async onModuleDestroy(): Promise<void> {
    await this.forgetKeys.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}
