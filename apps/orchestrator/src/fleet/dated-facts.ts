/** Dated facts of the fleet: what holds now is an open row; a change closes it and opens the next, nothing is overwritten. */
import type { Queryable } from "../platform/database";

/** At most one open occupancy per slot and per DUT. */
export async function occupy(transaction: Queryable, dutId: string, slotId: string, at: Date): Promise<void> {
  const [open] = await transaction.query(
    "SELECT 1 FROM occupancy WHERE dut_id = $1 AND slot_id = $2 AND to_at IS NULL",
    [dutId, slotId],
  );
  if (open) return;
  await transaction.query(
    "UPDATE occupancy SET to_at = GREATEST(from_at, $3) WHERE (dut_id = $1 OR slot_id = $2) AND to_at IS NULL",
    [dutId, slotId, at],
  );
  await transaction.query("INSERT INTO occupancy (dut_id, slot_id, from_at) VALUES ($1, $2, $3)", [dutId, slotId, at]);
}

export async function recordFormat(
  transaction: Queryable,
  dutId: string,
  lbaBytes: number,
  metadataBytes: number,
  at: Date,
): Promise<void> {
  const [open] = await transaction.query<{ same: boolean }>(
    "SELECT (lba_bytes, metadata_bytes) = ($2, $3) AS same FROM namespace_format WHERE dut_id = $1 AND nsid = 1 AND to_at IS NULL",
    [dutId, lbaBytes, metadataBytes],
  );
  if (open?.same) return;
  await transaction.query(
    "UPDATE namespace_format SET to_at = GREATEST(from_at, $2) WHERE dut_id = $1 AND nsid = 1 AND to_at IS NULL",
    [...[dutId, at]],
  );
  await transaction.query(
    "INSERT INTO namespace_format (dut_id, nsid, lba_bytes, metadata_bytes, from_at) VALUES ($1, 1, $2, $3, $4)",
    [dutId, lbaBytes, metadataBytes, at],
  );
}

export async function powerDomain(transaction: Queryable, name: string): Promise<string> {
  const [row] = await transaction.query<{ id: string }>(
    "INSERT INTO power_domain (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = EXCLUDED.name RETURNING id",
    [name],
  );
  return row!.id;
}

/** A slot has at most one parent of a kind at a time; null ends the edge. */
export async function connect(
  transaction: Queryable,
  kind: string,
  parentId: string | null,
  slotId: string,
  at: Date,
): Promise<void> {
  const [open] = await transaction.query<{ parentId: string }>(
    `SELECT parent_id AS "parentId" FROM topology_edge WHERE parent_kind = $1 AND child_kind = 'slot' AND child_id = $2 AND to_at IS NULL`,
    [kind, slotId],
  );
  if ((open?.parentId ?? null) === parentId) return;
  await transaction.query(
    "UPDATE topology_edge SET to_at = GREATEST(from_at, $3) WHERE parent_kind = $1 AND child_kind = 'slot' AND child_id = $2 AND to_at IS NULL",
    [kind, slotId, at],
  );
  if (parentId === null) return;
  await transaction.query(
    "INSERT INTO topology_edge (parent_kind, parent_id, child_kind, child_id, from_at) VALUES ($1, $2, 'slot', $3, $4)",
    [kind, parentId, slotId, at],
  );
}

export const CLAIMED_TWICE = "its identity is claimed twice";

/** Twins in two slots doubt each other and are suspect; once only one of them is anywhere, the doubt ends. */
export async function settleConflicts(transaction: Queryable): Promise<void> {
  await transaction.query(
    `WITH present AS (
       SELECT dut.id, count(*) OVER (PARTITION BY model, serial) AS here FROM dut
         JOIN occupancy ON occupancy.dut_id = dut.id AND occupancy.to_at IS NULL)
     UPDATE dut SET
       conflict = CASE WHEN here > 1 THEN here || ' slots hold a drive that says it is ' || model || ' ' || serial END,
       health = CASE WHEN here > 1 AND health IN ('good', 'unknown') THEN 'suspect'
                     WHEN here = 1 AND health_reason = $1 THEN 'unknown' ELSE health END::dut_health,
       health_reason = CASE WHEN here > 1 AND health IN ('good', 'unknown') THEN $1
                            WHEN here = 1 AND health_reason = $1 THEN NULL ELSE health_reason END
      FROM present WHERE present.id = dut.id
       AND CASE WHEN here > 1 THEN conflict IS NULL OR health IN ('good', 'unknown') ELSE conflict LIKE '% slots %' END`,
    [CLAIMED_TWICE],
  );
}

/** @returns false when the DUT is in no such doubt: that two slots claim it now is nothing to believe away. */
export async function believeWitnesses(transaction: Queryable, dutId: string): Promise<boolean> {
  const changed = await transaction.query(
    `UPDATE dut SET conflict = NULL,
       health = CASE WHEN health_reason = $2 THEN 'unknown' ELSE health END::dut_health,
       health_reason = NULLIF(health_reason, $2)
      WHERE id = $1 AND conflict IS NOT NULL AND conflict NOT LIKE '% slots %' RETURNING 1`,
    [dutId, CLAIMED_TWICE],
  );
  return changed.length > 0;
}
