import { type CanActivate, type ExecutionContext, Injectable } from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import type { FastifyRequest } from "fastify";
import { NEEDS, type Needs, type Role, roleAllows } from "./caller";
import { problem } from "./problem";
import { Startup } from "./startup";

/** Nothing answers without a token of a sufficient role, but what says `@Public()`; nothing at all before the start is done. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly startup: Startup,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const needs = this.reflector.getAllAndOverride<Needs | undefined>(NEEDS, [
      context.getHandler(),
      context.getClass(),
    ]);
    request.operation = context.getHandler().name;
    if (needs === "public") return true;
    if (needs !== "enrollment") allow(request, needs);
    const missing = this.startup.missing();
    if (missing !== null) throw problem("unavailable", missing);
    return true;
  }
}

function allow({ caller, operation }: FastifyRequest, needs: Role | undefined): void {
  if (!caller) throw problem("no-token", "send `Authorization: Bearer <token>`");
  if (needs === undefined || !roleAllows(caller.role, needs)) {
    throw problem(
      "forbidden",
      `${operation} needs the role ${needs ?? "of nobody"}, this token has the role ${caller.role}`,
    );
  }
}
