/** Takes a host's inventory into the books: slots, power domains, topology, drives, where they are, how they are formatted. */
import type { Identity, Inventory, SlotReport } from "@assay/protocol";
import { Injectable } from "@nestjs/common";
import { Clock } from "../platform/clock";
import { Database, type Queryable } from "../platform/database";
import { CLAIMED_TWICE, connect, occupy, powerDomain, recordFormat, settleConflicts } from "./dated-facts";
import { type KnownDut, reconcileIdentity } from "./reconcile-identity";

interface SlotRow extends Record<string, unknown> {
  id: string;
  name: string;
}

@Injectable()
export class InventoryBook {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Whole inventory of one host, in one transaction; what it does not name any more is marked removed. */
  async take(hostId: string, inventory: Inventory): Promise<void> {
    const at = this.clock.now();
    await this.database.transaction(async (transaction) => {
      // Identities span hosts: two inventories at once would each miss the other's drive.
      await transaction.query("SELECT pg_advisory_xact_lock(hashtext('assay inventory'))");
      await this.takeHost(transaction, hostId, inventory, at);
      const slots = new Map<string, SlotRow>();
      for (const report of inventory.slots)
        slots.set(report.name, await this.takeSlot(transaction, hostId, report, at));
      await this.dropSlots(transaction, hostId, [...slots.keys()], at);
      for (const report of inventory.slots) {
        const seenHere = slotsThatReport(inventory, report).map((name) => slots.get(name)!.id);
        await this.takeDrive(transaction, slots.get(report.name)!.id, report, seenHere, inventory.bootId, at);
      }
      await settleConflicts(transaction);
    });
  }

  private async takeHost(transaction: Queryable, hostId: string, inventory: Inventory, at: Date): Promise<void> {
    const { bootId, kernel, agentVersion, driverVersion, spdkVersion, wireVersion } = inventory;
    await transaction.query("UPDATE host SET boot_id = $2, wire_version = $3, inventory_at = $4 WHERE id = $1", [
      ...[hostId, bootId, wireVersion, at],
    ]);
    await transaction.query(
      `INSERT INTO host_observation (host_id, at, boot_id, kernel, agent_version, driver_version, spdk_version)
       SELECT $1::uuid, $2::timestamptz, $3::text, $4::text, $5::text, $6::text, $7::text
        WHERE ($3::text, $4::text, $5::text, $6::text, $7::text) IS DISTINCT FROM
              (SELECT (boot_id, kernel, agent_version, driver_version, spdk_version) FROM host_observation
                WHERE host_id = $1 ORDER BY at DESC, id DESC LIMIT 1)`,
      [hostId, at, bootId, kernel, agentVersion, driverVersion, spdkVersion],
    );
  }

  private async takeSlot(transaction: Queryable, hostId: string, report: SlotReport, at: Date): Promise<SlotRow> {
    const domainId = report.powerDomain === null ? null : await powerDomain(transaction, report.powerDomain);
    const [slot] = await transaction.query<SlotRow>(
      `INSERT INTO slot (host_id, name, transport, address, nqn, numa_node, power_driver, power_domain_id, effects, listed, labels, blocked, observed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
       ON CONFLICT (host_id, name) DO UPDATE SET transport = EXCLUDED.transport, address = EXCLUDED.address, nqn = EXCLUDED.nqn,
         numa_node = EXCLUDED.numa_node, power_driver = EXCLUDED.power_driver, power_domain_id = EXCLUDED.power_domain_id,
         effects = EXCLUDED.effects, listed = EXCLUDED.listed, labels = EXCLUDED.labels, blocked = EXCLUDED.blocked,
         observed_at = COALESCE(EXCLUDED.observed_at, slot.observed_at), removed_at = NULL
       RETURNING id, name`,
      [
        ...[hostId, report.name, report.path.transport, report.path.address, report.path.nqn, report.numaNode],
        ...[report.power, domainId, report.effects, JSON.stringify(report.listed), JSON.stringify(report.labels ?? {})],
        // When a drive was last seen there: silence leaves it as it was.
        ...[report.blocked, report.observed === null ? null : at],
      ],
    );
    await connect(transaction, "host", hostId, slot!.id, at);
    await connect(transaction, "power_domain", domainId, slot!.id, at);
    return slot!;
  }

  private async dropSlots(transaction: Queryable, hostId: string, kept: string[], at: Date): Promise<void> {
    const gone = await transaction.query<SlotRow>(
      `UPDATE slot SET removed_at = $3 WHERE host_id = $1 AND removed_at IS NULL AND name <> ALL($2) RETURNING id, name`,
      [hostId, kept, at],
    );
    const ids = gone.map(({ id }) => id);
    await transaction.query(
      "UPDATE occupancy SET to_at = GREATEST(from_at, $2) WHERE slot_id = ANY($1) AND to_at IS NULL",
      [ids, at],
    );
    await transaction.query(
      "UPDATE topology_edge SET to_at = GREATEST(from_at, $2) WHERE child_kind = 'slot' AND child_id = ANY($1) AND to_at IS NULL",
      [ids, at],
    );
  }

  /** `observed` null is silence, and silence moves no drive; another identity does. */
  private async takeDrive(
    transaction: Queryable,
    slotId: string,
    report: SlotReport,
    seenHere: string[],
    bootId: string,
    at: Date,
  ): Promise<void> {
    const { observed } = report;
    if (observed === null) return;
    const { identity } = observed;
    const dutId = await this.dutOf(transaction, slotId, identity, seenHere, at);
    await occupy(transaction, dutId, slotId, at);
    await transaction.query(
      `INSERT INTO identity_observation (dut_id, slot_id, source, at, boot_id, model, serial, nguid, eui64, firmware, capacity_bytes, lba_formats_bytes)
       SELECT $1::uuid, $2::uuid, 'inventory', $3::timestamptz, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text,
              $10::bigint, $11::integer[]
        WHERE ($2::uuid, $4::text, $7::text, $8::text, $9::text, $10::bigint, $11::integer[]) IS DISTINCT FROM
              (SELECT (slot_id, boot_id, nguid, eui64, firmware, capacity_bytes, lba_formats_bytes)
                 FROM identity_observation WHERE dut_id = $1 ORDER BY at DESC, id DESC LIMIT 1)`,
      [
        ...[
          dutId,
          slotId,
          at,
          bootId,
          identity.model,
          identity.serial,
          identity.nguid,
          identity.eui64,
          identity.firmware,
        ],
        ...[observed.capacityBytes, observed.lbaFormatsBytes],
      ],
    );
    await transaction.query(
      "INSERT INTO build (model, revision, first_seen_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
      [...[identity.model, identity.firmware, at]],
    );
    await recordFormat(transaction, dutId, observed.lbaBytes, observed.metadataBytes, at);
  }

  private async dutOf(
    transaction: Queryable,
    slotId: string,
    identity: Identity,
    seenHere: string[],
    at: Date,
  ): Promise<string> {
    const known = await transaction.query<KnownDut & Record<string, unknown>>(
      `SELECT dut.id, twin, nguid, eui64, occupancy.slot_id AS "slotId" FROM dut
         LEFT JOIN occupancy ON occupancy.dut_id = dut.id AND occupancy.to_at IS NULL
        WHERE model = $1 AND serial = $2 ORDER BY twin`,
      [identity.model, identity.serial],
    );
    const seenIn = await this.slotsThatSee(transaction, slotId, identity, seenHere);
    const answer = reconcileIdentity({ identity, slotId, known, seenIn });
    if (answer.kind === "known") {
      await transaction.query(
        "UPDATE dut SET nguid = COALESCE(nguid, $2), eui64 = COALESCE(eui64, $3), conflict = COALESCE($4, conflict) WHERE id = $1",
        [answer.dutId, identity.nguid, identity.eui64, answer.conflict],
      );
      return answer.dutId;
    }
    const [row] = await transaction.query<{ id: string }>(
      `INSERT INTO dut (model, serial, twin, nguid, eui64, conflict, health, health_reason, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7::dut_health, $8, $9) RETURNING id`,
      [
        ...[identity.model, identity.serial, answer.twin, identity.nguid, identity.eui64, answer.conflict],
        ...(answer.conflict === null ? ["unknown", null] : ["suspect", CLAIMED_TWICE]),
        at,
      ],
    );
    return row!.id;
  }

  /**
   * This host's slots by its own report; of other hosts every slot whose newest inventory saw that drive there. A slot in
   * which a run is under way is not probed and holds its drive.
   */
  private async slotsThatSee(
    transaction: Queryable,
    slotId: string,
    { model, serial }: Identity,
    seenHere: string[],
  ): Promise<string[]> {
    const rows = await transaction.query<{ id: string }>(
      `SELECT slot.id FROM slot JOIN host ON host.id = slot.host_id
         JOIN occupancy ON occupancy.slot_id = slot.id AND occupancy.to_at IS NULL JOIN dut ON dut.id = occupancy.dut_id
        WHERE slot.removed_at IS NULL AND dut.model = $2 AND dut.serial = $3 AND slot.id <> ALL($4::uuid[])
          AND (EXISTS (SELECT 1 FROM run WHERE run.slot_id = slot.id AND run.state IN ('assigned', 'running'))
               OR (host.id <> (SELECT host_id FROM slot WHERE id = $1) AND host.observed <> 'offline'
                   AND slot.observed_at >= host.inventory_at))`,
      [slotId, model, serial, seenHere],
    );
    return [...seenHere, ...rows.map(({ id }) => id)];
  }
}

/** Names of the slots of an inventory in which the drive of `report` is said to be. */
function slotsThatReport(inventory: Inventory, report: SlotReport): string[] {
  const drive = ({ observed }: SlotReport) => JSON.stringify([observed?.identity.model, observed?.identity.serial]);
  const same = inventory.slots.filter((other) => other.observed !== null && drive(other) === drive(report));
  return same.map(({ name }) => name);
}
