/** One-time permissions for hosts to enrol. */
import { Injectable } from "@nestjs/common";
import { Database, type Queryable } from "./database";
import { hashOfToken } from "./token-repository";

/** A host enrols soon after somebody asked for it, or not at all. */
export const ENROLLMENT_LIVES_MS = 24 * 3600 * 1000;

@Injectable()
export class EnrollmentRepository {
  constructor(private readonly database: Database) {}

  /** Asking again with the same token (a secret's file) changes nothing. */
  async create(hostName: string, token: string, createdBy: string, at: Date): Promise<Date> {
    const expiresAt = new Date(at.getTime() + ENROLLMENT_LIVES_MS);
    await this.database.query(
      `INSERT INTO enrollment_token (host_name, hash, created_at, created_by, expires_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (hash) DO UPDATE SET expires_at = EXCLUDED.expires_at WHERE enrollment_token.used_at IS NULL`,
      [hostName, hashOfToken(token), at, createdBy, expiresAt],
    );
    return expiresAt;
  }

  /** @returns true when the token was for this host, in time and not yet used; it is used now. */
  async use(transaction: Queryable, hostName: string, token: string, at: Date): Promise<boolean> {
    const used = await transaction.query(
      `UPDATE enrollment_token SET used_at = $3
        WHERE hash = $1 AND host_name = $2 AND used_at IS NULL AND expires_at > $3 RETURNING 1`,
      [hashOfToken(token), hostName, at],
    );
    return used.length > 0;
  }
}
