/** Prometheus: prefix `assay_`, base units, `_total` only on counters, no ids as labels. */
import { Injectable } from "@nestjs/common";
import type { FastifyInstance } from "fastify";
import { collectDefaultMetrics, Histogram, Registry } from "prom-client";

const SECONDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly requests = new Histogram({
    name: "assay_http_request_duration_seconds",
    help: "Time from the first byte of a request to the end of its answer",
    labelNames: ["method", "route", "status"],
    buckets: SECONDS,
    registers: [this.registry],
  });

  /** Process metrics; called once by the running server, not by tools that only build the application. */
  observeProcess(): void {
    collectDefaultMetrics({ register: this.registry, prefix: "assay_" });
  }

  observeRequests(server: FastifyInstance): void {
    server.addHook("onResponse", async (request, reply) => {
      const route = request.routeOptions?.url ?? "none";
      this.requests.observe(
        { method: request.method, route, status: String(reply.statusCode) },
        reply.elapsedTime / 1000,
      );
    });
  }
}
