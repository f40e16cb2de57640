import { EVENT_VERSION, WIRE_VERSION } from "@assay/protocol";
import { Controller, Get, Header, Res } from "@nestjs/common";
import { HttpAdapterHost } from "@nestjs/core";
import { ApiExcludeController } from "@nestjs/swagger";
import type { FastifyReply } from "fastify";
import { Public, Roles } from "./caller";
import { Config } from "./config";
import { homePage } from "./home-page";
import { Metrics } from "./metrics";
import { servedOpenApi } from "./openapi";
import { problem } from "./problem";
import { ReadinessProbe } from "./readiness";

/** What stands outside /api/v1. */
@ApiExcludeController()
@Controller()
export class HealthController {
  constructor(
    private readonly readiness: ReadinessProbe,
    private readonly metrics: Metrics,
    private readonly config: Config,
    private readonly adapter: HttpAdapterHost,
  ) {}

  @Public()
  @Get("/livez")
  livez() {
    return { live: true };
  }

  @Public()
  @Get("/readyz")
  async readyz(@Res({ passthrough: true }) reply: FastifyReply) {
    const readiness = await this.readiness.probe();
    if (!readiness.ready) void reply.status(503).header("retry-after", "2");
    return readiness;
  }

  @Public()
  @Get("/version")
  version() {
    return {
      name: "assay-orchestrator",
      version: this.config.version,
      wireVersion: WIRE_VERSION,
      eventVersion: EVENT_VERSION,
    };
  }

  @Public()
  @Get("/")
  @Header("content-type", "text/html; charset=utf-8")
  @Header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'")
  @Header("cache-control", "no-store")
  home() {
    return homePage(this.config.version);
  }

  @Roles("viewer")
  @Get("/api/v1/openapi.json")
  openApi() {
    const document = servedOpenApi(this.adapter.httpAdapter.getInstance());
    if (document === undefined) throw problem("not-found", "this process does not describe its API");
    return document;
  }

  @Roles("viewer")
  @Get("/metrics")
  async prometheus(@Res({ passthrough: true }) reply: FastifyReply) {
    void reply.header("content-type", this.metrics.registry.contentType);
    return this.metrics.registry.metrics();
  }
}
