import { Global, Module } from "@nestjs/common";
import { Clock } from "../platform/clock";
import { Config } from "../platform/config";
import { Doorbells } from "../platform/doorbells";
import { Log } from "../platform/log";
import { Startup } from "../platform/startup";
import { ClaimController } from "./claim.controller";
import { DoorbellKeeper } from "./doorbell-keeper";
import { openQueueBackend, type QueueBackend } from "./queue-backend";
import { QueueDoorbells } from "./queue-doorbells";
import { Reconciler } from "./reconciler";

const QUEUE_BACKEND = Symbol("QueueBackend");

/** Global, because every floor below rings; nobody below imports it. */
@Global()
@Module({
  controllers: [ClaimController],
  providers: [
    Reconciler,
    {
      provide: QUEUE_BACKEND,
      useFactory: (config: Config) => openQueueBackend(config.databaseUrl, config.redisUrl),
      inject: [Config],
    },
    {
      provide: Doorbells,
      useFactory: (backend: QueueBackend, log: Log, clock: Clock) =>
        new QueueDoorbells(backend, log, () => clock.now().getTime()),
      inject: [QUEUE_BACKEND, Log, Clock],
    },
    {
      provide: DoorbellKeeper,
      useFactory: (backend: QueueBackend, doorbells: QueueDoorbells, startup: Startup, log: Log) =>
        new DoorbellKeeper(backend, doorbells, startup, log),
      inject: [QUEUE_BACKEND, Doorbells, Startup, Log],
    },
  ],
  exports: [Doorbells],
})
export class DispatchModule {}
