import { Injectable } from "@nestjs/common";
import { Database, type Queryable } from "../platform/database";
import { problem } from "../platform/problem";
import type { Row } from "./fleet-views";

const DUTS = `
SELECT id, asset_id AS "assetId", model, serial, health, health_reason AS "healthReason", intent,
       intent_reason AS "intentReason", conflict, firmware, capacity_bytes AS "capacityBytes", lba_bytes AS "lbaBytes",
       labels, host_name AS host, slot_name AS slot, nguid, eui64, created_at AS "createdAt"
  FROM dut_now`;
/** A page of history; all of it is reached through the runs. */
const MAX_HISTORY = 100;

@Injectable()
export class DutsRepository {
  constructor(private readonly database: Database) {}

  list(after: [string, string] | null, limit: number, labels: Record<string, string>): Promise<Row[]> {
    return this.database.query(
      `${DUTS} WHERE ($1::text IS NULL OR (serial, id::text) > ($1, $2)) AND labels @> $3::jsonb
        ORDER BY serial, id::text LIMIT $4`,
      [after?.[0] ?? null, after?.[1] ?? null, JSON.stringify(labels), limit + 1],
    );
  }

  /** @param name serial or id. @throws Problem 404, 409 when two drives have that serial */
  async find(name: string, from: Queryable = this.database): Promise<Row & { id: string; intent: string }> {
    const rows = await from.query<Row & { id: string; intent: string }>(`${DUTS} WHERE serial = $1 OR id::text = $1`, [
      name,
    ]);
    if (rows.length > 1) throw problem("conflict", `${rows.length} DUTs have the serial ${name}: name one by its id`);
    if (rows[0] === undefined) throw problem("not-found", `there is no DUT ${name}`);
    return rows[0];
  }

  /** Newest first, bounded. */
  async history(id: string): Promise<Record<"observations" | "occupancies" | "holds" | "formats" | "runs", Row[]>> {
    const ask = (sql: string) => this.database.query(`${sql} LIMIT ${MAX_HISTORY}`, [id]);
    const [observations, occupancies, holds, formats, runs] = await Promise.all([
      ask(`SELECT at, source, firmware, capacity_bytes AS "capacityBytes", nguid, eui64, run_id AS "runId"
             FROM identity_observation WHERE dut_id = $1 ORDER BY at DESC, id DESC`),
      ask(`SELECT host.name AS host, slot.name AS slot, from_at AS "from", to_at AS "to" FROM occupancy
             JOIN slot ON slot.id = slot_id JOIN host ON host.id = slot.host_id
            WHERE dut_id = $1 ORDER BY from_at DESC, occupancy.id DESC`),
      ask(`SELECT intent, from_at AS "from", to_at AS "to", held_by AS "heldBy", reason, released_by AS "releasedBy",
                  release_reason AS "releaseReason", run_id AS "runId"
             FROM hold WHERE dut_id = $1 ORDER BY from_at DESC, id DESC`),
      ask(`SELECT nsid, lba_bytes AS "lbaBytes", metadata_bytes AS "metadataBytes", lba_count AS "lbaCount",
                  from_at AS "from", to_at AS "to"
             FROM namespace_format WHERE dut_id = $1 ORDER BY from_at DESC, id DESC`),
      ask(`SELECT id, plan_name AS plan, state, verdict, submitted_at AS "submittedAt"
             FROM run WHERE dut_id = $1 ORDER BY submitted_at DESC, id DESC`),
    ]);
    return { observations, occupancies, holds, formats, runs };
  }

  async setLabels(id: string, labels: Record<string, string>): Promise<void> {
    await this.database.query("UPDATE dut SET labels = $2 WHERE id = $1", [id, JSON.stringify(labels)]);
  }
}
