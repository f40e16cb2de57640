/** Plan revisions and data sheets: kept by the hash of their content, never edited. */
import { createHash } from "node:crypto";
import { contentHash, type PlanDocument, SCHEMA_VERSION, type SheetDocument, sourceHash } from "@assay/plans";
import { Injectable } from "@nestjs/common";
import { Database } from "../platform/database";

export interface RevisionRow extends Record<string, unknown> {
  name: string;
  version: string;
  hash: string;
  sourceHash: string;
  fromCatalog: boolean;
  createdAt: Date;
  createdBy: string;
}
export interface StoredRevision extends RevisionRow {
  source: string;
}

const COLUMNS = `name, version, hash, source_hash AS "sourceHash", from_catalog AS "fromCatalog", created_at AS "createdAt", created_by AS "createdBy"`;

@Injectable()
export class PlanStore {
  constructor(private readonly database: Database) {}

  /** @returns created false when this content was there already; its first source stays. */
  async keep(
    plan: PlanDocument,
    source: string,
    by: { createdBy: string; at: Date; fromCatalog: boolean },
  ): Promise<{ name: string; version: string; hash: string; created: boolean }> {
    const { name, version } = plan.metadata;
    const hash = contentHash(plan);
    const inserted = await this.database.query(
      `INSERT INTO plan_revision (name, version, hash, schema_version, source_hash, source, canonical, from_catalog, created_at, created_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (hash) DO NOTHING RETURNING 1`,
      [
        name,
        version,
        hash,
        SCHEMA_VERSION,
        sourceHash(source),
        source,
        JSON.stringify(plan),
        by.fromCatalog,
        by.at,
        by.createdBy,
      ],
    );
    return { name, version, hash, created: inserted.length > 0 };
  }

  async keepSheet({ model, revision, entries }: SheetDocument, at: Date): Promise<boolean> {
    const text = JSON.stringify({ revision, entries: Object.fromEntries(Object.entries(entries).sort()) });
    const hash = createHash("sha256").update(text).digest("hex");
    const inserted = await this.database.query(
      `INSERT INTO data_sheet (model, hash, sheet, created_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (model, hash) DO NOTHING RETURNING 1`,
      [model, hash, JSON.stringify(entries), at],
    );
    return inserted.length > 0;
  }

  /** The newest revision of each name, by name. */
  async newest(afterName: string | null, limit: number): Promise<RevisionRow[]> {
    return this.database.query<RevisionRow>(
      `SELECT DISTINCT ON (name) ${COLUMNS} FROM plan_revision WHERE $1::text IS NULL OR name > $1
        ORDER BY name, plan_revision.created_at DESC, id DESC LIMIT $2`,
      [afterName, limit + 1],
    );
  }

  /** Newest first. */
  async revisions(name: string, limit: number): Promise<StoredRevision[]> {
    return this.database.query<StoredRevision>(
      `SELECT ${COLUMNS}, source FROM plan_revision WHERE name = $1 ORDER BY plan_revision.created_at DESC, id DESC LIMIT $2`,
      [name, limit],
    );
  }

  async revision(name: string, hash: string): Promise<StoredRevision | null> {
    const [row] = await this.database.query<StoredRevision>(
      `SELECT ${COLUMNS}, source FROM plan_revision WHERE name = $1 AND hash = $2`,
      [name, hash],
    );
    return row ?? null;
  }
}
