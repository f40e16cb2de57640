import { Injectable } from "@nestjs/common";
import { Database } from "./database";

export type Claimed =
  | { kind: "first" }
  | { kind: "other-request" }
  | { kind: "in-progress"; since: Date }
  | { kind: "answered"; status: number; body: string };

@Injectable()
export class IdempotencyRepository {
  constructor(private readonly database: Database) {}

  async claim(tokenId: string, key: string, requestHash: string, at: Date): Promise<Claimed> {
    const inserted = await this.database.query(
      `INSERT INTO idempotency_key (token_id, key, request_hash, created_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (token_id, key) DO NOTHING RETURNING 1`,
      [tokenId, key, requestHash, at],
    );
    if (inserted.length > 0) return { kind: "first" };
    const [row] = await this.database.query<{
      request_hash: string;
      status: number | null;
      body: string | null;
      created_at: Date;
    }>("SELECT request_hash, status, body, created_at FROM idempotency_key WHERE token_id = $1 AND key = $2", [
      tokenId,
      key,
    ]);
    // It was given back between the two statements.
    if (row === undefined) return this.claim(tokenId, key, requestHash, at);
    if (row.request_hash !== requestHash) return { kind: "other-request" };
    if (row.status === null) return { kind: "in-progress", since: row.created_at };
    return { kind: "answered", status: row.status, body: row.body ?? "" };
  }

  async keepAnswer(tokenId: string, key: string, status: number, body: string): Promise<void> {
    await this.database.query("UPDATE idempotency_key SET status = $3, body = $4 WHERE token_id = $1 AND key = $2", [
      tokenId,
      key,
      status,
      body,
    ]);
  }

  async giveBack(tokenId: string, key: string): Promise<void> {
    await this.database.query("DELETE FROM idempotency_key WHERE token_id = $1 AND key = $2 AND status IS NULL", [
      tokenId,
      key,
    ]);
  }

  async forgetBefore(moment: Date): Promise<void> {
    await this.database.query("DELETE FROM idempotency_key WHERE created_at < $1", [moment]);
  }
}
