/**
 * The pure part of a scheduling pass on a large board: 1,000 DUTs, 10,000 queued runs. Prints percentiles; no test.
 * node bench/schedule.mjs [duts=1000] [queued=10000] [passes=200]
 */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { assignRuns } = require("../apps/orchestrator/dist/scheduling/assign-runs");
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

for (const [name, share] of [
  ["idle fleet", 0],
  ["half of the fleet busy", 0.5],
  ["whole fleet busy", 1],
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
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(1);
  console.log(
    JSON.stringify({ what: name, duts, queued, assigned, p50Ms: at(0.5), p99Ms: at(0.99), targetP99Ms: 100 }),
  );
}
