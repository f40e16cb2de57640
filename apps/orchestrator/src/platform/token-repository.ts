import { createHash, timingSafeEqual } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { Caller, type Role } from "./caller";
import { Database } from "./database";

export interface TokenRow {
  id: string;
  name: string;
  role: Role;
  hostId: string | null;
  createdAt: Date;
  createdBy: string;
  revokedAt: Date | null;
  revokedBy: string | null;
}

/** Tokens have 256 random bits: a plain hash keeps them. */
export function hashOfToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

export function sameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a, "hex"), Buffer.from(b, "hex")];
  return left.length === right.length && timingSafeEqual(left, right);
}

const SHOWN = {
  id: true,
  name: true,
  role: true,
  hostId: true,
  createdAt: true,
  createdBy: true,
  revokedAt: true,
  revokedBy: true,
} as const;

@Injectable()
export class TokenRepository {
  constructor(private readonly database: Database) {}

  /** The caller behind a token; null when it is unknown or revoked. */
  async findCaller(token: string): Promise<Caller | null> {
    const hash = hashOfToken(token);
    const row = await this.database.prisma.token.findUnique({ where: { hash } });
    if (row === null || row.revokedAt !== null || !sameHash(row.hash, hash)) return null;
    return new Caller(row.id, row.name, row.role, row.hostId);
  }

  async list(after: { createdAt: Date; id: string } | null, limit: number): Promise<TokenRow[]> {
    return this.database.prisma.token.findMany({
      select: SHOWN,
      where: after
        ? { OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }] }
        : {},
      orderBy: [{ createdAt: "desc" }, { id: "desc" }],
      take: limit + 1,
    });
  }

  async create(row: {
    name: string;
    role: Role;
    hostId: string | null;
    token: string;
    createdBy: string;
    at: Date;
  }): Promise<TokenRow> {
    const { token, at, ...rest } = row;
    return this.database.prisma.token.create({
      data: { ...rest, hash: hashOfToken(token), createdAt: at },
      select: SHOWN,
    });
  }

  /** Null when there is no such token; revoking twice changes nothing. */
  async revoke(id: string, by: string, at: Date): Promise<TokenRow | null> {
    await this.database.prisma.token.updateMany({
      where: { id, revokedAt: null },
      data: { revokedAt: at, revokedBy: by },
    });
    return this.database.prisma.token.findUnique({ where: { id }, select: SHOWN });
  }

  /** Under a lock, so that several orchestrators make one first token. @returns false when there is an admin already. */
  async createFirstAdmin(token: string, at: Date): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      await transaction.query("SELECT pg_advisory_xact_lock(hashtext('assay first admin'))");
      const [found] = await transaction.query(
        "SELECT 1 FROM token WHERE role = 'admin' AND revoked_at IS NULL LIMIT 1",
      );
      if (found) return false;
      await transaction.query(
        "INSERT INTO token (name, role, hash, created_at, created_by) VALUES ('first admin', 'admin', $1, $2, 'start')",
        [hashOfToken(token), at],
      );
      return true;
    });
  }
}
