import type { Heartbeat, HeartbeatAnswer } from "@assay/protocol";
import { Injectable } from "@nestjs/common";
import { Database } from "../platform/database";
import { Doorbells } from "../platform/doorbells";
import { freeFencedSlots } from "./leases";

export type HostRunsAnswer = Pick<HeartbeatAnswer, "assignments" | "cancels" | "revokes" | "releases">;
type HeldRun = Heartbeat["runs"][number];
type RunRef = HostRunsAnswer["assignments"][number];

/** More would not fit an agent's hands; the rest comes with the next heartbeat. */
const MAX_ASSIGNMENTS = 256;

interface RunRow extends Record<string, unknown> {
  runId: string;
  epoch: number;
  hostId: string | null;
  state: string;
  parked: boolean;
  leased: boolean;
  cancelled: boolean;
  held: boolean;
  releaseRequested: boolean;
}

/** What a host is told about runs in the answer to its heartbeat: from the rows, so that losing the queue loses nothing. */
@Injectable()
export class HostRuns {
  constructor(
    private readonly database: Database,
    private readonly doorbells: Doorbells,
  ) {}

  async answerFor(hostId: string, held: readonly HeldRun[]): Promise<HostRunsAnswer> {
    await this.noteParked(hostId, held);
    await this.noteGoingOn(hostId, held);
    const inHand = held.filter(({ state }) => state !== "ended");
    if ((await freeFencedSlots(this.database, hostId, inHand)) > 0) this.doorbells.ring("schedule");
    const assignments = await this.database.query<RunRef>(
      `SELECT id AS "runId", epoch FROM run WHERE host_id = $1 AND state = 'assigned' ORDER BY assigned_at LIMIT $2`,
      [hostId, MAX_ASSIGNMENTS],
    );
    const rows = await this.database.query<RunRow>(RUNS_OF_HOST, [hostId, held.map(({ runId }) => runId)]);
    const known = new Map(rows.map((row) => [row.runId, row]));
    const pick = (test: (row: RunRow | undefined, its: HeldRun) => boolean): RunRef[] =>
      held.filter((its) => test(known.get(its.runId), its)).map(({ runId, epoch }) => ({ runId, epoch }));
    return {
      assignments,
      cancels: pick((row, its) => isCurrent(row, its) && row!.cancelled && its.state !== "ended"),
      revokes: pick((row, its) => !isCurrent(row, its) && its.state !== "ended"),
      releases: pick((row, its) => its.state === "parked" && mayGo(row, its)),
    };
  }

  /** Runs of a host that is out of contact are shown so; their leases stay (promise 2). */
  async markContact(hostId: string, contact: "ok" | "unreachable"): Promise<void> {
    await this.database.query(
      `UPDATE run SET contact = $2 WHERE host_id = $1 AND state IN ('assigned', 'running') AND contact <> $2`,
      [hostId, contact],
    );
  }

  /** A runner that was parked with a frozen drive and was let go. */
  private async noteGoingOn(hostId: string, held: readonly HeldRun[]): Promise<void> {
    const running = held.filter(({ state }) => state === "running");
    if (running.length === 0) return;
    await this.database.query(
      `UPDATE run SET parked = false
         FROM unnest($2::uuid[], $3::integer[]) AS running (run_id, epoch)
        WHERE run.id = running.run_id AND run.epoch = running.epoch AND run.host_id = $1 AND run.parked
          AND run.state = 'running'`,
      [hostId, running.map(({ runId }) => runId), running.map(({ epoch }) => epoch)],
    );
  }

  /** A parked runner sends nothing and keeps the drive as it failed; one that has concluded gets its verdict meanwhile. */
  private async noteParked(hostId: string, held: readonly HeldRun[]): Promise<void> {
    const parked = held.filter(({ state }) => state === "parked");
    if (parked.length === 0) return;
    const changed = await this.database.query<{ id: string }>(
      `UPDATE run SET parked = true
         FROM unnest($2::uuid[], $3::integer[]) AS parked (run_id, epoch)
        WHERE run.id = parked.run_id AND run.epoch = parked.epoch AND run.host_id = $1 AND NOT run.parked
          AND run.ended_at IS NULL AND run.state = 'running'
      RETURNING run.id`,
      [hostId, parked.map(({ runId }) => runId), parked.map(({ epoch }) => epoch)],
    );
    for (const { id } of changed) this.doorbells.ring("summarise", id);
  }
}

/** A frozen drive goes when an operator says so, whoever has the lease by now; one kept after its verdict with its DUT. */
function mayGo(row: RunRow | undefined, its: HeldRun): boolean {
  if (row?.releaseRequested === true && its.epoch <= row.epoch) return true;
  return isCurrent(row, its) && row!.state === "finished" && !row!.held;
}

/** The host still holds the lease of this epoch. */
function isCurrent(row: RunRow | undefined, { epoch }: HeldRun): boolean {
  return row?.leased === true && row.epoch === epoch;
}

const RUNS_OF_HOST = `
SELECT run.id AS "runId", run.epoch, run.state, run.parked, run.cancel_requested_at IS NOT NULL AS cancelled,
       EXISTS (SELECT 1 FROM lease WHERE lease.run_id = run.id AND lease.epoch = run.epoch AND lease.ended_at IS NULL) AS leased,
       dut.intent IN ('hold', 'quarantined') AS held,
       run.release_requested_at IS NOT NULL AS "releaseRequested"
  FROM run JOIN dut ON dut.id = run.dut_id
 WHERE run.host_id = $1 AND run.id = ANY($2::uuid[])`;
