import { Body, Controller, Delete, Get, Param, ParseUUIDPipe, Post, Query } from "@nestjs/common";
import { ApiTags } from "@nestjs/swagger";
import { createZodDto, ZodResponse } from "nestjs-zod";
import { z } from "zod";
import { newToken } from "./admin-token";
import { AnswersSecret, type Caller, CurrentCaller, Roles } from "./caller";
import { Clock } from "./clock";
import { EnrollmentRepository } from "./enrollment-repository";
import { Ids } from "./ids";
import { decodeCursor, pageOf, pageQuery, toPage } from "./page";
import { problem } from "./problem";
import { TokenRepository, type TokenRow } from "./token-repository";

const name = z.string().trim().min(1).max(100);
const tokenView = z.object({
  id: z.uuid(),
  name: z.string(),
  role: z.enum(["viewer", "operator", "admin", "agent"]),
  hostId: z.uuid().nullable(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  revokedAt: z.iso.datetime().nullable(),
  revokedBy: z.string().nullable(),
});

class CreateToken extends createZodDto(z.object({ name, role: z.enum(["viewer", "operator", "admin"]) })) {}
class TokenDto extends createZodDto(tokenView) {}
class NewTokenDto extends createZodDto(tokenView.extend({ token: z.string().describe("shown once") })) {}
class TokenPageDto extends createZodDto(pageOf(tokenView)) {}
class TokenQuery extends createZodDto(pageQuery) {}
class CreateEnrollment extends createZodDto(
  z.object({ hostName: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, "lower-case letters, digits, dots and dashes") }),
) {}
class EnrollmentDto extends createZodDto(
  z.object({ hostName: z.string(), token: z.string().describe("for one enrolment"), expiresAt: z.iso.datetime() }),
) {}

const CURSOR = z.tuple([z.iso.datetime(), z.uuid()]);

function toView({ createdAt, revokedAt, ...row }: TokenRow) {
  return { ...row, createdAt: createdAt.toISOString(), revokedAt: revokedAt?.toISOString() ?? null };
}

@ApiTags("access")
@Controller("api/v1")
export class TokensController {
  constructor(
    private readonly tokens: TokenRepository,
    private readonly enrollments: EnrollmentRepository,
    private readonly ids: Ids,
    private readonly clock: Clock,
  ) {}

  @Get("tokens")
  @Roles("admin")
  @ZodResponse({ status: 200, type: TokenPageDto })
  async listTokens(@Query() { cursor, limit }: TokenQuery) {
    const key = decodeCursor(cursor, CURSOR);
    const rows = await this.tokens.list(key && { createdAt: new Date(key[0]), id: key[1] }, limit);
    return toPage(rows, limit, (row) => [row.createdAt.toISOString(), row.id], toView);
  }

  @Post("tokens")
  @Roles("admin")
  @AnswersSecret()
  @ZodResponse({ status: 201, type: NewTokenDto })
  async createToken(@CurrentCaller() caller: Caller, @Body() wish: CreateToken) {
    const token = newToken(wish.role, this.ids);
    const at = this.clock.now();
    const row = await this.tokens.create({ ...wish, hostId: null, token, createdBy: caller.name, at });
    return { ...toView(row), token };
  }

  @Delete("tokens/:id")
  @Roles("admin")
  @ZodResponse({ status: 200, type: TokenDto })
  async revokeToken(@CurrentCaller() caller: Caller, @Param("id", ParseUUIDPipe) id: string) {
    const row = await this.tokens.revoke(id, caller.name, this.clock.now());
    if (row === null) throw problem("not-found", `there is no token ${id}`);
    return toView(row);
  }

  /** A one-time token for a host to enrol, also for one that is enrolled already: its credential is replaced then. */
  @Post("enrollments")
  @Roles("admin")
  @AnswersSecret()
  @ZodResponse({ status: 201, type: EnrollmentDto })
  async createEnrollment(@CurrentCaller() caller: Caller, @Body() { hostName }: CreateEnrollment) {
    const token = newToken("enroll", this.ids);
    const expiresAt = await this.enrollments.create(hostName, token, caller.name, this.clock.now());
    return { hostName, token, expiresAt: expiresAt.toISOString() };
  }
}
