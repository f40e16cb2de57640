/** Who calls: set by the authentication hook before a route runs. */
import { createParamDecorator, type ExecutionContext, SetMetadata } from "@nestjs/common";
import type { FastifyRequest } from "fastify";
import type { TokenRole } from "../generated/prisma/enums";

export type Role = TokenRole;

export class Caller {
  constructor(
    readonly tokenId: string,
    readonly name: string,
    readonly role: Role,
    /** The host of an agent's credential. */
    readonly hostId: string | null,
  ) {}
}

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller | null;
    /** operationId of the route: the name of the controller's method. */
    operation: string | null;
  }
}

/** Higher roles may what lower ones may; an agent is beside them. */
const RANK: Record<Exclude<Role, "agent">, number> = { viewer: 1, operator: 2, admin: 3 };

export function roleAllows(role: Role, needed: Role): boolean {
  if (role === "agent" || needed === "agent") return role === needed;
  return RANK[role] >= RANK[needed];
}

export const NEEDS = "assay:needs";
/**
 * The least role that may call the route; `public` answers anybody, also without the database; `enrollment` carries its
 * one-time token in the body. A route without one of these decorators answers nobody.
 */
export type Needs = Role | "public" | "enrollment";
export const Roles = (role: Role) => SetMetadata(NEEDS, role satisfies Needs);
export const Public = () => SetMetadata(NEEDS, "public" satisfies Needs);
export const EnrollmentTokenOnly = () => SetMetadata(NEEDS, "enrollment" satisfies Needs);

export const SECRET = "assay:secret";
/** The answer carries a secret: it is neither kept for a repeat nor audited. */
export const AnswersSecret = () => SetMetadata(SECRET, true);

export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!caller) throw new Error("a route that asks for its caller must not be public");
  return caller;
});
