/** The application without its start: what `main` runs, and what the OpenAPI document is read from. */
import type { DynamicModule, Type } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import { auditCalls } from "./audit";
import { authenticate, MAX_BODY_AGENT } from "./authentication";
import { Clock } from "./clock";
import { Database } from "./database";
import { drainBeforeClose } from "./drain";
import { Log } from "./log";
import { Metrics } from "./metrics";
import { Startup } from "./startup";
import { TokenRepository } from "./token-repository";

/** A request that has not arrived whole by then is dropped. */
const REQUEST_WITHIN_MS = 120_000;
const MAX_PARAM = 256;

export async function buildApp(module: Type | DynamicModule, log: Log): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_AGENT,
    requestTimeout: REQUEST_WITHIN_MS,
    routerOptions: { maxParamLength: MAX_PARAM },
    forceCloseConnections: true,
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: log,
    abortOnError: false,
  });
  const server = adapter.getInstance();
  server.addContentTypeParser("application/octet-stream", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );
  drainBeforeClose(server as never);
  authenticate(server as never, app.get(TokenRepository), () => app.get(Startup).missing());
  auditCalls(server as never, app.get(Database), app.get(Clock), log);
  app.get(Metrics).observeRequests(server as never);
  return app;
}
