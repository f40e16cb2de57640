/** What a run saw of its drive's identity, as dated facts: observation, firmware builds, namespace formats. */
import type { Transaction } from "../platform/database";
import type { IdentitySeen } from "./projections";
import { clampInteger } from "./row-collector";

interface Seen extends IdentitySeen {
  runId: string;
  dutId: string;
  slotId: string | null;
  bootId: string | null;
}

export async function recordIdentity(transaction: Transaction, seen: Seen): Promise<void> {
  const { event, at, runId, dutId, slotId, bootId } = seen;
  const { model, serial, nguid, eui64, firmware } = event.identity;
  const capacity = event.namespaces.reduce(
    (sum, { lbaBytes, lbaCount }) => sum + BigInt(lbaBytes) * BigInt(lbaCount),
    0n,
  );
  await transaction.query(APPEND_OBSERVATION, [
    ...[dutId, slotId, runId, event.moment, at, bootId, model, serial, nguid, eui64, firmware],
    fitsBigint(capacity) && capacity > 0n ? capacity.toString() : null,
  ]);
  if (slotId !== null) await recordOccupancy(transaction, dutId, slotId, at);
  await transaction.query(
    `INSERT INTO build (model, revision) VALUES ($1, $2) ON CONFLICT (model, revision, sha256) DO NOTHING`,
    [model, firmware],
  );
  await transaction.query(
    `UPDATE run SET build_at_start_id = COALESCE(build_at_start_id, build.id), build_at_end_id = build.id
       FROM build WHERE build.model = $2 AND build.revision = $3 AND build.sha256 = '' AND run.id = $1`,
    [runId, model, firmware],
  );
  for (const namespace of event.namespaces) await recordFormat(transaction, dutId, at, namespace);
}

/**
 * Appended when something in it changed; besides each run leaves its first and its last word, so that its open and its end
 * can be pointed at. What was read between and says the same stands in the run's events. A run sees one format of each
 * namespace; the list of formats on offer is inventory's, and stays.
 */
const APPEND_OBSERVATION = `
INSERT INTO identity_observation
       (dut_id, slot_id, run_id, source, at, boot_id, model, serial, nguid, eui64, firmware, capacity_bytes, lba_formats_bytes)
SELECT $1::uuid, $2::uuid, $3::uuid, $4::text, $5::timestamptz, $6::text, $7::text, $8::text, $9::text, $10::text, $11::text,
       COALESCE($12::bigint, before.capacity_bytes), COALESCE(before.lba_formats_bytes, '{}')
  FROM (SELECT 1) one
  LEFT JOIN LATERAL (SELECT * FROM identity_observation WHERE dut_id = $1 ORDER BY at DESC, id DESC LIMIT 1) before ON true
 WHERE before.id IS NULL
    OR (before.slot_id, before.boot_id, before.model, before.serial, before.nguid, before.eui64, before.firmware)
       IS DISTINCT FROM ($2::uuid, COALESCE($6::text, before.boot_id), $7::text, $8::text, $9::text, $10::text, $11::text)
    OR before.capacity_bytes IS DISTINCT FROM COALESCE($12::bigint, before.capacity_bytes)
    OR ($4 IN ('open', 'end')
        AND NOT EXISTS (SELECT 1 FROM identity_observation its WHERE its.dut_id = $1 AND its.run_id = $3 AND its.source = $4))`;

/** Inventory usually said it before; a drive that only a run has seen is in its slot all the same. */
async function recordOccupancy(transaction: Transaction, dutId: string, slotId: string, at: string): Promise<void> {
  await transaction.query(
    `INSERT INTO occupancy (dut_id, slot_id, from_at)
     SELECT $1, $2, $3
      WHERE NOT EXISTS (SELECT 1 FROM occupancy WHERE to_at IS NULL AND (dut_id = $1 OR slot_id = $2))
         ON CONFLICT DO NOTHING`,
    [dutId, slotId, at],
  );
}

/** The open format row of a namespace stays when nothing changed (inventory does not count LBAs); otherwise a new one begins. */
async function recordFormat(
  transaction: Transaction,
  dutId: string,
  at: string,
  namespace: IdentitySeen["event"]["namespaces"][number],
): Promise<void> {
  const { nsid, lbaBytes, metadataBytes, lbaCount } = namespace;
  const count = fitsBigint(BigInt(lbaCount)) ? lbaCount : null;
  const now = [dutId, clampInteger(nsid), clampInteger(lbaBytes), clampInteger(metadataBytes), count, at];
  const [open] = await transaction.query<{ same: boolean }>(
    `UPDATE namespace_format SET lba_count = COALESCE(lba_count, $5)
      WHERE dut_id = $1 AND nsid = $2 AND to_at IS NULL
  RETURNING (lba_bytes, metadata_bytes) = ($3, $4) AND lba_count IS NOT DISTINCT FROM $5::bigint AS same`,
    now.slice(0, 5),
  );
  if (open?.same) return;
  await transaction.query(
    `UPDATE namespace_format SET to_at = GREATEST(from_at, $3) WHERE dut_id = $1 AND nsid = $2 AND to_at IS NULL`,
    [now[0], now[1], at],
  );
  await transaction.query(
    `INSERT INTO namespace_format (dut_id, nsid, lba_bytes, metadata_bytes, lba_count, from_at) VALUES ($1, $2, $3, $4, $5, $6)`,
    now,
  );
}

const BIGINT_MAX = 2n ** 63n - 1n;
const fitsBigint = (value: bigint) => value <= BIGINT_MAX;
