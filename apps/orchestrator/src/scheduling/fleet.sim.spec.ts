/**
 * A fleet over simulated days: hosts go away and come back, runs end in all ways, drives are held and released, people
 * cancel. The scheduler's invariants are asserted after every pass.
 */
import assert from "node:assert";
import { assignRuns } from "./assign-runs";
import type { Board, BoardActiveRun, BoardLease, BoardRun } from "./board";
import { resourceId } from "./board-index";
import { NOW_MS, sampleBoard, sampleRun, seededRandom } from "./board-samples";

const HOSTS = 6;
const SLOTS = 4;
const TICK_MS = 60_000;
const TICKS = 1500;
/** Longest that a run may wait once nothing but other runs is in its way. */
const PATIENCE_TICKS = 700;

interface Live extends BoardActiveRun {
  hostId: string;
  epoch: number;
  ticksLeft: number;
}

class Fleet {
  private readonly random: () => number;
  private board: Board = sampleBoard(HOSTS, SLOTS);
  private nowMs = NOW_MS;
  private queued: BoardRun[] = [];
  private readonly live = new Map<string, Live>();
  private leases: BoardLease[] = [];
  private readonly served = new Map<string, number>();
  readonly verdicts = new Map<string, string>();
  readonly submitted = new Set<string>();
  readonly reasons = new Map<string, string>();
  readonly runnableSince = new Map<string, number>();
  private numbers = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.board = {
      ...this.board,
      slots: this.board.slots.map((slot, n) => ({
        ...slot,
        powerDomain: n % 4 < 2 ? { id: `p${n >> 2}`, name: `p${n >> 2}` } : null,
      })),
      campaigns: [0, 1, 2].map((n) => ({ id: `c${n}`, name: `c${n}`, intent: "active" as const })),
    };
  }

  private chance(p: number): boolean {
    return this.random() < p;
  }

  private pick<T>(rows: readonly T[]): T {
    return rows[Math.floor(this.random() * rows.length)]!;
  }

  private submit(change: Partial<BoardRun> = {}): void {
    const id = `r${String(this.numbers++).padStart(6, "0")}`;
    const n = this.numbers;
    const effects: BoardRun["effects"] = n % 9 === 0 ? ["power-cycles"] : ["writes"];
    const run = sampleRun(id, this.pick(this.board.duts).id, {
      campaignId: n % 3 === 0 ? null : `c${n % 3}`,
      ordinal: n % 4,
      priority: n % 5,
      submittedMs: this.nowMs,
      isolation: n % 23 === 0 ? "host" : "slot",
      effects,
      ...change,
    });
    this.submitted.add(id);
    this.queued.push(run);
  }

  private end(run: Live, verdict: string): void {
    this.live.delete(run.id);
    this.leases = this.leases.filter((lease) => lease.runId !== run.id);
    this.verdicts.set(run.id, verdict);
    if (verdict === "failed") this.setDut(run.dutId, "hold");
    if (verdict === "errored") this.submit({ dutId: run.dutId, campaignId: run.campaignId, ordinal: run.ordinal });
  }

  private setDut(id: string, intent: "hold" | "available"): void {
    this.board = { ...this.board, duts: this.board.duts.map((dut) => (dut.id === id ? { ...dut, intent } : dut)) };
  }

  private setHost(id: string, observed: "online" | "offline"): void {
    this.board = {
      ...this.board,
      hosts: this.board.hosts.map((host) => (host.id === id ? { ...host, observed } : host)),
    };
  }

  private isOnline(hostId: string): boolean {
    return this.board.hosts.find((host) => host.id === hostId)!.observed === "online";
  }

  /** What happens in the lab within a minute. `calm`: no new work, no new trouble, people repair what waits. */
  private happen(calm: boolean): void {
    for (const run of [...this.live.values()]) {
      if (run.ticksLeft > 0) run.ticksLeft--;
      // A host out of contact goes on; what it did is known when it is back (promise 2).
      if (run.ticksLeft === 0 && this.isOnline(run.hostId)) {
        const draw = this.random();
        this.end(run, draw < 0.8 ? "passed" : draw < 0.9 ? "failed" : calm ? "passed" : "errored");
      }
    }
    if (!calm) for (let n = 0; n < 2; n++) if (this.chance(0.45)) this.submit();
    if (!calm && this.chance(0.02)) this.setHost(this.pick(this.board.hosts).id, "offline");
    for (const host of this.board.hosts)
      if (host.observed === "offline" && this.chance(calm ? 1 : 0.05)) this.setHost(host.id, "online");
    for (const dut of this.board.duts)
      if (dut.intent === "hold" && this.chance(calm ? 1 : 0.1)) this.setDut(dut.id, "available");
    if (!calm && this.queued.length > 0 && this.chance(0.05)) {
      const run = this.pick(this.queued);
      this.queued = this.queued.filter((other) => other !== run);
      this.verdicts.set(run.id, "aborted");
    }
  }

  private pass(tick: number): void {
    const queued = this.queued.map((run) => ({
      ...run,
      lastServedMs: this.served.get(`${run.campaignId}/${run.dutId}`) ?? null,
    }));
    const board: Board = {
      ...this.board,
      nowMs: this.nowMs,
      queued,
      leases: this.leases,
      active: [...this.live.values()],
    };
    const { assignments, waiting } = assignRuns(board);
    for (const { runId, hostId, resources } of assignments) {
      const run = this.queued.find(({ id }) => id === runId)!;
      this.queued = this.queued.filter((other) => other !== run);
      this.leases.push(...resources.map((resource) => ({ ...resource, runId })));
      this.live.set(runId, { ...run, hostId, epoch: 1, ticksLeft: 1 + Math.floor(this.random() * 20) });
      if (run.campaignId !== null) this.served.set(`${run.campaignId}/${run.dutId}`, this.nowMs);
      assert(this.isOnline(hostId), `run ${runId} was assigned to a host that is offline`);
      assert(board.duts.find((dut) => dut.id === run.dutId)!.intent === "available", `run ${runId} got a held drive`);
    }
    for (const { runId, reason } of waiting) {
      this.reasons.set(runId, reason);
      const onlyOthersInTheWay = /leased by|kept for|busy with|comes first/.test(reason);
      if (!onlyOthersInTheWay) this.runnableSince.delete(runId);
      else if (!this.runnableSince.has(runId)) this.runnableSince.set(runId, tick);
    }
  }

  /** Plain checks: they run millions of times. */
  private assertInvariants(tick: number): void {
    const held = this.leases.map(resourceId);
    assert(new Set(held).size === held.length, `tick ${tick}: a resource has two live leases`);
    const drives = [...this.live.values()].map((run) => run.dutId);
    assert(new Set(drives).size === drives.length, `tick ${tick}: a drive has two runs`);
    for (const lease of this.leases) assert(this.live.has(lease.runId), `tick ${tick}: a lease without a run`);
    for (const run of this.queued) {
      assert(this.reasons.get(run.id), `tick ${tick}: run ${run.id} waits and nobody says why`);
      const since = this.runnableSince.get(run.id);
      assert(since === undefined || tick - since < PATIENCE_TICKS, `tick ${tick}: run ${run.id} starves`);
    }
  }

  run(): void {
    for (let tick = 0; tick < TICKS; tick++) {
      this.nowMs += TICK_MS;
      this.happen(false);
      this.pass(tick);
      this.assertInvariants(tick);
    }
    for (let tick = TICKS; this.queued.length + this.live.size > 0 && tick < 3 * TICKS; tick++) {
      this.nowMs += TICK_MS;
      this.happen(true);
      this.pass(tick);
      this.assertInvariants(tick);
    }
  }
}

describe.each([1, 2, 3, 4])("a fleet of 24 drives over days, seed %d", (seed) => {
  it("never leases a resource twice, starves nobody and brings every run to a verdict", () => {
    const fleet = new Fleet(seed);
    fleet.run();
    expect(fleet.submitted.size).toBeGreaterThan(1000);
    expect([...fleet.submitted].filter((id) => !fleet.verdicts.has(id))).toEqual([]);
    const kinds = new Set(fleet.verdicts.values());
    expect([...kinds].sort()).toEqual(["aborted", "errored", "failed", "passed"]);
  });
});
