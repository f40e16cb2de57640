/**
 * At the stop of the server, requests under way get their answers before connections are cut; event streams do not count:
 * their clients come back with Last-Event-ID. New requests are refused meanwhile (503).
 */
import type { FastifyInstance } from "fastify";

/** What is not answered by then is cut; it would have been by a kill anyway. */
export const DRAIN_WITHIN_MS = 10_000;

export function drainBeforeClose(server: FastifyInstance, withinMs = DRAIN_WITHIN_MS): void {
  const underWay = new Set<object>();
  let drained: (() => void) | null = null;
  const leave = (request: object) => {
    underWay.delete(request);
    if (underWay.size === 0) drained?.();
  };
  server.addHook("onRequest", async (request, reply) => {
    underWay.add(request);
    // Answered whole, or the caller has gone.
    reply.raw.once("close", () => leave(request));
  });
  server.addHook("onSend", async (request, reply) => {
    if (String(reply.getHeader("content-type") ?? "").startsWith("text/event-stream")) leave(request);
  });
  server.addHook("preClose", async () => {
    if (underWay.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      drained = resolve;
      timer = setTimeout(resolve, withinMs);
    });
    clearTimeout(timer);
  });
}
