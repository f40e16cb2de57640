/** What a run is made from: a plan revision, a DUT's facts, its data sheet. */
import { type DataSheet, type DutFacts, type PlanDocument, parsePlan } from "@assay/plans";
import type { Queryable } from "../platform/database";
import { problem } from "../platform/problem";

export interface Revision {
  id: string;
  name: string;
  hash: string;
  sourceHash: string;
  document: PlanDocument;
}

/** The named revision, or the newest of that name. @throws Problem 404 */
export async function findRevision(database: Queryable, name: string, hash?: string): Promise<Revision> {
  const [row] = await database.query<{ id: string; hash: string; sourceHash: string; source: string }>(
    `SELECT id, hash, source_hash AS "sourceHash", source FROM plan_revision
      WHERE name = $1 AND ($2::text IS NULL OR hash = $2) ORDER BY created_at DESC, id DESC LIMIT 1`,
    [name, hash ?? null],
  );
  if (row === undefined) {
    throw problem(
      "not-found",
      hash === undefined ? `there is no plan ${name}` : `plan ${name} has no revision ${hash}`,
    );
  }
  return { id: row.id, name, hash: row.hash, sourceHash: row.sourceHash, document: documentOf(row.source, name) };
}

export function documentOf(source: string, name: string): PlanDocument {
  const parsed = parsePlan(source);
  if ("problems" in parsed) {
    // Valid when it was pushed: the format has moved on since.
    throw problem("unprocessable", `plan ${name} is no longer valid: ${parsed.problems[0]?.message}`);
  }
  return parsed.plan;
}

export interface DutNow {
  id: string;
  serial: string;
  model: string;
  labels: Record<string, string>;
  /** Null while nobody has seen enough of the drive to bind a plan to it; then `unknown` says what is missing. */
  facts: DutFacts | null;
  unknown: string | null;
  firmware: string | null;
  sheet: DataSheet;
  sheetHash: string | null;
}

interface DutRow extends Record<string, unknown> {
  id: string;
  serial: string;
  model: string;
  labels: Record<string, string>;
  slotId: string | null;
  firmware: string | null;
  capacityBytes: bigint | null;
  lbaBytes: number | null;
  lbaFormatsBytes: number[] | null;
  transport: string | null;
  powerDriver: string | null;
  sheet: DataSheet | null;
  sheetHash: string | null;
}

const DUTS = `
SELECT dut_now.id, serial, dut_now.model, labels, slot_id AS "slotId", firmware, capacity_bytes AS "capacityBytes",
       lba_bytes AS "lbaBytes", lba_formats_bytes AS "lbaFormatsBytes", transport, power_driver AS "powerDriver",
       newest.sheet, newest.hash AS "sheetHash"
  FROM dut_now
  LEFT JOIN LATERAL (SELECT sheet, hash FROM data_sheet
                      WHERE data_sheet.model = dut_now.model ORDER BY created_at DESC, id DESC LIMIT 1) newest ON true`;

export interface DutSelection {
  /** Labels that a DUT must all have. */
  labels?: Record<string, string>;
  /** Serials or ids. */
  duts?: readonly string[];
}

/** DUTs that are named, or that carry all the labels; both given: named ones that also carry the labels. */
export async function selectDuts(database: Queryable, { labels, duts }: DutSelection): Promise<DutNow[]> {
  const rows = await database.query<DutRow>(
    `${DUTS} WHERE ($1::text[] IS NULL OR serial = ANY($1) OR dut_now.id::text = ANY($1))
               AND labels @> $2::jsonb AND intent <> 'retired'
     ORDER BY serial, dut_now.id`,
    [duts ?? null, JSON.stringify(labels ?? {})],
  );
  return rows.map(toDutNow);
}

/** @throws Problem 404 where there is none, 409 where the serial is not enough to tell which. */
export async function findDut(database: Queryable, name: string): Promise<DutNow> {
  const rows = await database.query<DutRow>(`${DUTS} WHERE serial = $1 OR dut_now.id::text = $1`, [name]);
  if (rows.length === 0) throw problem("not-found", `there is no DUT ${name}`);
  if (rows.length > 1) throw problem("conflict", `${rows.length} DUTs have the serial ${name}: name one by its id`);
  return toDutNow(rows[0]!);
}

function toDutNow(row: DutRow): DutNow {
  const { id, serial, model, labels, firmware, sheetHash } = row;
  const facts = factsOf(row);
  const known = typeof facts === "string" ? { facts: null, unknown: facts } : { facts, unknown: null };
  return { id, serial, model, labels, firmware, sheet: row.sheet ?? {}, sheetHash, ...known };
}

function factsOf(row: DutRow): DutFacts | string {
  const { serial, model, firmware, capacityBytes, lbaBytes, transport } = row;
  if (row.slotId === null || transport === null)
    return `DUT ${serial} is in no slot, so nothing is known of how to reach it`;
  if (firmware === null || capacityBytes === null) return `DUT ${serial} was never seen by a host`;
  if (lbaBytes === null) return `the format of DUT ${serial} is not known yet`;
  return {
    ...{ model, serial, firmware, lbaBytes, transport },
    capacityBytes: Number(capacityBytes),
    lbaFormatsBytes: row.lbaFormatsBytes ?? [],
    powerCut: row.powerDriver !== null,
  };
}
