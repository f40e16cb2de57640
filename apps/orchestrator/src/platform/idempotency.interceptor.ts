import { createHash } from "node:crypto";
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { from, type Observable, of } from "rxjs";
import { catchError, mergeMap } from "rxjs/operators";
import { type Caller, SECRET } from "./caller";
import { Clock } from "./clock";
import { IdempotencyRepository } from "./idempotency-repository";
import { problem } from "./problem";
import { problemOf } from "./problem-of";

const KEY = /^[\x21-\x7e]{1,200}$/;
export const KEYS_ARE_KEPT_MS = 24 * 3600 * 1000;

/**
 * A POST with an Idempotency-Key is carried out once: its repeat gets the first answer, another request with the same
 * key is refused, a refused first request gives the key back.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly keys: IdempotencyRepository,
    private readonly clock: Clock,
    private readonly reflector: Reflector,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const key = request.headers["idempotency-key"];
    const { caller } = request;
    if (key === undefined || request.method !== "POST" || !caller || caller.role === "agent") return next.handle();
    if (typeof key !== "string" || !KEY.test(key)) {
      throw problem("invalid-idempotency-key", "it must be 1 to 200 printable ASCII characters");
    }
    const claimed = await this.keys.claim(caller.tokenId, key, requestHash(request), this.clock.now());
    switch (claimed.kind) {
      case "first":
        return this.first(context, next, caller, key);
      case "other-request":
        throw problem("idempotency-key-reused", "this key came with another request before; take a new one");
      case "in-progress":
        throw problem(
          "idempotency-in-progress",
          `the first request came at ${claimed.since.toISOString()} and has no answer yet; wait, or look whether it took effect and take a new key`,
        );
      case "answered":
        return this.again(context, claimed);
    }
  }

  private first(context: ExecutionContext, next: CallHandler, caller: Caller, key: string): Observable<unknown> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const secret = this.reflector.getAllAndOverride<boolean>(SECRET, [context.getHandler()]) === true;
    return next.handle().pipe(
      mergeMap(async (answer: unknown) => {
        await this.keys.keepAnswer(caller.tokenId, key, reply.statusCode, secret ? "" : JSON.stringify(answer ?? null));
        return answer;
      }),
      catchError((error: unknown) => from(this.failed(error, caller, key))),
    );
  }

  private async failed(error: unknown, caller: Caller, key: string): Promise<never> {
    // A refusal did nothing; after a fault of ours nobody knows, and the key stays taken.
    if (problemOf(error).status < 500) await this.keys.giveBack(caller.tokenId, key);
    throw error;
  }

  private again(context: ExecutionContext, { status, body }: { status: number; body: string }): Observable<unknown> {
    if (body === "")
      throw problem("conflict", "this request was answered with a secret, which is not kept; make a new one");
    void context.switchToHttp().getResponse<FastifyReply>().status(status).header("idempotent-replayed", "true");
    return of(JSON.parse(body));
  }
}

function requestHash(request: FastifyRequest): string {
  const text = JSON.stringify([request.method, request.url, request.body ?? null]);
  return createHash("sha256").update(text).digest("hex");
}
