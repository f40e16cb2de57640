/**
 * From `POST /runs` to a runner that has started, on an idle simulated drive of an embedded lab that this program starts
 * and ends. Prints percentiles of each leg; no test.
 * A run that follows within some 3 s of the one before finds no loaded runner (`runs/spare-runner.ts`): compare
 * `pauseMs` 5000, an idle host, with 0.
 * node bench/submit-to-start.mjs [runs=20] [port=4690] [pauseMs=5000]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const [runs = 20, port = 4690, pauseMs = 5000] = process.argv.slice(2).map(Number);
const root = path.resolve(import.meta.dirname, "..");
const home = await mkdtemp(path.join(tmpdir(), "assay-bench-lab-"));
const lab = spawn(process.execPath, [path.join(root, "apps/embedded/dist/main.js"), "--no-demo"], {
  env: { ...process.env, ASSAY_HOME: home, ASSAY_PORT: String(port) },
  stdio: ["ignore", "ignore", "inherit"],
});
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const base = `http://127.0.0.1:${port}/api/v1`;
let token = "";

async function call(method, where, body) {
  const answer = await fetch(`${base}${where}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${where}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

async function until(what, test, withinMs = 120_000) {
  const giveUp = Date.now() + withinMs;
  for (;;) {
    const found = await test().catch(() => null);
    if (found) return found;
    if (Date.now() > giveUp || lab.exitCode !== null) throw new Error(`no ${what}`);
    await pause(50);
  }
}

try {
  token = await until("admin token", async () => (await readFile(path.join(home, "admin.token"), "utf8")).trim());
  const dut = await until("drive", async () => {
    const { items } = await call("GET", "/duts");
    return items.find((it) => it.intent === "available" && it.slot !== null);
  });
  const legs = { assigned: [], claimed: [], started: [] };
  for (let n = 0; n < runs; n++) {
    const { id } = await call("POST", "/runs", {
      plan: "smoke",
      dut: dut.serial,
      parameters: { time: "100ms", region: "64KiB" },
    });
    const run = await until(`verdict of run ${id}`, async () => {
      const it = await call("GET", `/runs/${id}`);
      return it.verdict === null ? null : it;
    });
    if (run.startedAt === null) throw new Error(`run ${id} never started: ${run.reason}`);
    for (const leg of Object.keys(legs)) legs[leg].push(Date.parse(run[`${leg}At`]) - Date.parse(run.submittedAt));
    await pause(pauseMs);
  }
  const at = (values, share) =>
    [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
  for (const [leg, values] of Object.entries(legs)) {
    const line = {
      what: `submitted to ${leg}`,
      runs,
      p50Ms: at(values, 0.5),
      p95Ms: at(values, 0.95),
      maxMs: at(values, 1),
    };
    console.log(JSON.stringify(leg === "started" ? { ...line, targetP95Ms: 1000 } : line));
  }
} finally {
  lab.kill("SIGTERM");
  if (lab.exitCode === null) await once(lab, "exit");
  await rm(home, { recursive: true, force: true });
}
