/**
 * From the start of a runner to its event `started`: a new process beside the agent's spare, in turns. Prints
 * percentiles and their ratio; no test. Needs `npx tsc -b apps/agent` and the driver's addon.
 * node bench/runner-start.mjs [pairs=10]
 */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";

const [pairs = 10] = process.argv.slice(2).map(Number);
const root = path.resolve(import.meta.dirname, "..");
const load = createRequire(path.join(root, "apps/agent/package.json"));
const { parsePlan, parseSheet, resolvePlan } = load("@assay/plans");
const { WIRE_VERSION } = load("@assay/protocol");
const { SpareRunner, freshRunners } = load("./dist/runs/spare-runner.js");
const { runFiles } = load("./dist/runs/run-directory.js");
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const catalog = (file) => readFileSync(path.join(root, "libs/plans/catalog", file), "utf8");
const identity = { model: "ASSAY SIM A", serial: "SIM0001", nguid: null, eui64: null };
const drive = { firmware: "1.0", capacityBytes: 2 ** 26, lbaBytes: 512, lbaFormatsBytes: [512, 4096] };
const bound = resolvePlan(parsePlan(catalog("basic/smoke.plan.yaml")).plan, {
  parameters: {},
  dut: { ...identity, ...drive, transport: "model", powerCut: true },
  sheet: parseSheet(catalog("sheets/assay-sim-a.sheet.yaml")).sheet.entries,
});
const folder = mkdtempSync(path.join(tmpdir(), "assay-runner-start-"));
const hostFile = path.join(folder, "host.yaml");
// The drive's file is not there: the run ends right after its start.
writeFileSync(
  hostFile,
  `apiVersion: assay/v1
kind: Host
name: bench
slots:
  - name: bay-1
    path: {transport: model, address: none.drive}
    identity: {model: ASSAY SIM A, serial: SIM0001}
    effects: [writes]
`,
);

function order(n) {
  const runId = `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
  const directory = path.join(folder, "runs", `${runId}-1`);
  mkdirSync(directory, { recursive: true });
  const run = { wireVersion: WIRE_VERSION, runId, epoch: 1, budgetMs: 600_000, slot: "bay-1", dutId: runId, identity };
  const what = { effects: bound.resolved.effects, seed: "42", planName: "smoke", resolvedHash: "0", parameters: {} };
  const all = { ...run, ...what, plan: bound.resolved, spoolBytes: 2 ** 26 };
  const launch = {
    deadlineBoottimeNs: (2n ** 62n).toString(),
    bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
    slotName: "bay-1",
    hostFile,
    agentVersion: "bench",
    cmdlogDir: path.join(directory, "cmdlog-live"),
    tableDir: path.join(folder, "tables"),
  };
  writeFileSync(path.join(directory, "order.json"), JSON.stringify(all));
  writeFileSync(path.join(directory, "launch.json"), JSON.stringify(launch));
  return { directory, launch };
}

/** By the runner's own stamp, so that our polling costs nothing. */
async function measure(runners, n) {
  const { directory, launch } = order(n);
  const beganMs = Date.now();
  const child = runners.start(runFiles(directory), launch);
  await once(child, "exit");
  const [first] = readFileSync(path.join(directory, "journal.jsonl"), "utf8").split("\n");
  const { atMs, body } = JSON.parse(first);
  if (body.type !== "started") throw new Error(`${directory} began with ${first}`);
  return atMs - beganMs;
}

const program = {
  command: [process.execPath, path.join(root, "apps/agent/dist/runner/main.js")],
  environment: process.env,
};
const fresh = freshRunners(program);
const LOADS_WITHIN_MS = 5000;
const spare = new SpareRunner(program, folder, 1000);
// Runners hold no reference that would keep us here.
const alive = setInterval(() => {}, 1000);
const found = { fresh: [], spare: [] };
try {
  for (let n = 0; n < pairs; n++) {
    found.fresh.push(await measure(fresh, 2 * n));
    spare.prepare();
    await pause(LOADS_WITHIN_MS);
    found.spare.push(await measure(spare, 2 * n + 1));
    spare.stop();
  }
} finally {
  clearInterval(alive);
  spare.stop();
  rmSync(folder, { recursive: true, force: true });
}
const at = (values, share) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
for (const [how, values] of Object.entries(found))
  console.log(
    JSON.stringify({ what: `start to started, ${how}`, pairs, p50Ms: at(values, 0.5), p95Ms: at(values, 0.95) }),
  );
console.log(JSON.stringify({ what: "fresh / spare", p50: +(at(found.fresh, 0.5) / at(found.spare, 0.5)).toFixed(1) }));
