-- The drive of one run: who it is, where it was, how it was formatted and what it said it was while the run went on.
-- $1 run id. One row; dates are ISO texts; `seen` is oldest first, at most 1000.
SELECT dut.id, dut.asset_id AS "assetId", dut.model, dut.serial, dut.twin, dut.nguid, dut.eui64, dut.labels,
       host.name AS host, slot.name AS slot, slot.transport, slot.address, slot.nqn, slot.numa_node AS "numaNode",
       power_domain.name AS "powerDomain", slot.power_driver AS power,
       (SELECT COALESCE(jsonb_agg(jsonb_build_object('nsid', f.nsid, 'lbaBytes', f.lba_bytes, 'metadataBytes',
                 f.metadata_bytes, 'lbaCount', f.lba_count::text) ORDER BY f.nsid), '[]')
          FROM namespace_format f
         WHERE f.dut_id = dut.id AND f.from_at <= COALESCE(run.claimed_at, run.submitted_at)
           AND (f.to_at IS NULL OR f.to_at > COALESCE(run.claimed_at, run.submitted_at))) AS "formatsAtClaim",
       (SELECT COALESCE(jsonb_agg(jsonb_build_object('at', o.at, 'moment', o.source, 'model', o.model, 'serial', o.serial,
                 'nguid', o.nguid, 'eui64', o.eui64, 'firmware', o.firmware, 'capacityBytes', o.capacity_bytes::text)
                 ORDER BY o.id), '[]')
          FROM (SELECT * FROM identity_observation WHERE dut_id = dut.id AND run_id = run.id ORDER BY id LIMIT 1000) o)
         AS seen
  FROM run
  JOIN dut ON dut.id = run.dut_id
  LEFT JOIN host ON host.id = run.host_id
  LEFT JOIN slot ON slot.id = run.slot_id
  LEFT JOIN power_domain ON power_domain.id = slot.power_domain_id
 WHERE run.id = $1;
