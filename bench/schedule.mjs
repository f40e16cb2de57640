/**
 * A scheduling pass on a large fleet: 1,000 DUTs, 10,000 queued runs; the pure decision over a board of all of them, and
 * the whole pass on PostgreSQL (rolled back each time), which reads only the heads of the lines. Prints percentiles; no test.
 * node bench/schedule.mjs [duts=1000] [queued=10000] [passes=200]
 */
import { createRequire } from "node:module";
import { openLab } from "./lab-database.mjs";

const require = createRequire(import.meta.url);
const { assignRuns } = require("../apps/orchestrator/dist/scheduling/assign-runs");
const { SchedulingPass } = require("../apps/orchestrator/dist/scheduling/scheduling-pass");
const { NOW_MS, sampleBoard, sampleRun, seededRandom } = require("../apps/orchestrator/dist/scheduling/board-samples");

const [duts = 1000, queued = 10_000, passes = 200] = process.argv.slice(2).map(Number);
const SLOTS_PER_HOST = 10;
const random = seededRandom(1);

function boardWith(busyShare) {
  const board = sampleBoard(Math.ceil(duts / SLOTS_PER_HOST), SLOTS_PER_HOST);
  const runs = Array.from({ length: queued }, (_, n) =>
    sampleRun(`r${String(n).padStart(6, "0")}`, `d${Math.floor(random() * duts)}`, {
      campaignId: `c${n % 20}`,
      ordinal: n % 10,
      priority: n % 3,
      submittedMs: NOW_MS - Math.floor(random() * 3_600_000),
      isolation: n % 50 === 0 ? "host" : "slot",
      effects: n % 10 === 0 ? ["writes", "power-cycles"] : ["writes"],
    }),
  );
  const busy = board.slots.filter(() => random() < busyShare);
  return {
    ...board,
    slots: board.slots.map((slot, n) => ({ ...slot, powerDomain: { id: `p${n >> 1}`, name: `p${n >> 1}` } })),
    campaigns: Array.from({ length: 20 }, (_, n) => ({ id: `c${n}`, name: `c${n}`, intent: "active" })),
    leases: busy.map((slot) => ({ kind: "slot", key: slot.id, runId: `busy-${slot.id}` })),
    active: busy.map((slot) => ({
      id: `busy-${slot.id}`,
      dutId: slot.dutId,
      campaignId: null,
      ordinal: 0,
      planName: "soak",
    })),
    queued: runs,
  };
}

function print(what, times, assigned) {
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(1);
  console.log(JSON.stringify({ what, duts, queued, assigned, p50Ms: at(0.5), p99Ms: at(0.99), targetP99Ms: 100 }));
}

for (const [name, share] of [
  ["decision, idle fleet", 0],
  ["decision, half of the fleet busy", 0.5],
  ["decision, whole fleet busy", 1],
]) {
  const board = boardWith(share);
  const times = [];
  let assigned = 0;
  for (let n = 0; n < passes; n++) {
    const from = process.hrtime.bigint();
    const result = assignRuns(board);
    times.push(Number(process.hrtime.bigint() - from) / 1e6);
    assigned = result.assignments.length;
  }
  print(name, times, assigned);
}

const lab = await openLab();
try {
  await lab.addFleet(Math.ceil(duts / SLOTS_PER_HOST), SLOTS_PER_HOST, queued);
  const pass = new SchedulingPass();
  const rolledBack = new Error("rolled back");
  async function wholePass() {
    let assigned = 0;
    const from = process.hrtime.bigint();
    let took = 0;
    await lab.database
      .transaction(async (transaction) => {
        assigned = (await pass.run(transaction, lab.now)).assigned.length;
        took = Number(process.hrtime.bigint() - from) / 1e6;
        throw rolledBack;
      })
      .catch((error) => {
        if (error !== rolledBack) throw error;
      });
    return { took, assigned };
  }
  /** A pass starts a limited number of runs. */
  async function startAll() {
    const { assigned } = await lab.database.transaction((transaction) => pass.run(transaction, lab.now));
    if (assigned.length > 0) await startAll();
  }
  for (const [what, prepare] of [
    ["whole pass, idle fleet", async () => {}],
    ["whole pass, whole fleet busy", startAll],
  ]) {
    await prepare();
    const times = [];
    let assigned = 0;
    for (let n = 0; n < passes; n++) {
      const one = await wholePass();
      times.push(one.took);
      assigned = one.assigned;
    }
    print(what, times, assigned);
  }
} finally {
  await lab.close();
}
