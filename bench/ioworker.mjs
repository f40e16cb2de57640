// The driver's ioworker beside SPDK's own spdk_nvme_perf on the same target, in turns and on the same core, so that both meet
// the same noise. Prints one line per case with median ratios; absolute figures say more about the machine than the driver.
//   node bench/ioworker.mjs [--transport tcp|vfio-user] [--device null|malloc] [--workload randread|randwrite|read]
//                           [--rounds 10] [--seconds 3] [--depth 32] [--bytes 4096] [--verify]
//   node bench/ioworker.mjs --matrix [--rounds 10] [--seconds 3]        every case of the goals
// Needs the addon with SPDK (npm run build) and the programs named in bench/spdk-target.mjs.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runPerf, startTarget } from "./spdk-target.mjs";

const here = fileURLToPath(import.meta.url);
const { values } = parseArgs({
  options: {
    transport: { type: "string", default: "tcp" },
    device: { type: "string" },
    workload: { type: "string", default: "randread" },
    rounds: { type: "string", default: "10" },
    seconds: { type: "string", default: "3" },
    depth: { type: "string", default: "32" },
    bytes: { type: "string", default: "4096" },
    verify: { type: "boolean", default: false },
    matrix: { type: "boolean", default: false },
    worker: { type: "string" },
  },
});

const PATTERNS = {
  randread: { randomPercent: 100, readPercent: 100 },
  randwrite: { randomPercent: 100, readPercent: 0 },
  read: { randomPercent: 0, readPercent: 100 },
};
/** Verification pays a CRC per sector for what perf never looks at. */
const GOAL = 1.0;
const GOAL_VERIFIED = 0.7;

/** One run of the worker in a process of its own, as a runner is; prints its figures as JSON. */
async function runWorker({ address, folder, workload, seconds, depth, bytes, verify }) {
  const { driver, latencyPercentiles } = createRequire(here)("../libs/nvme-native");
  const controller = await driver.open(address, { cmdlogDir: folder });
  const ns = await controller.namespace(1);
  const regionLbas = ns.identity.lbaCount;
  const common = { nsid: 1, worker: 1, sizeBytes: bytes, depth, regionStartLba: 0n, regionLbas, seed: 1n, verify };
  if (verify) {
    await ns.openVerifyTable(join(folder, "bench.verify"), 1n);
    await ns.startIoWorker({ ...common, randomPercent: 0, readPercent: 0, passes: 1 }).result;
  }
  const worker = ns.startIoWorker({ ...common, ...PATTERNS[workload], timeMs: seconds * 1000, sampleMs: 1000 });
  const result = await worker.result;
  await controller.close();
  if (result.end !== "done" || result.errors.length > 0) throw new Error(`the worker ended ${result.end}`);
  const iops = (Number(result.reads + result.writes) * 1000) / result.durationMs;
  const [p99] = Object.values(latencyPercentiles([result], [99]));
  console.log(JSON.stringify({ iops, p99Us: Number(p99) / 1000, miscompares: String(result.miscompares) }));
}

function runIoWorker(task) {
  // The same core for both: perf takes its core mask, the worker's process is given it.
  const args = ["-c", "1", process.execPath, here, "--worker", JSON.stringify(task)];
  const { status, stdout, stderr } = spawnSync("taskset", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`the worker's process failed:\n${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const load = () => readFileSync("/proc/loadavg", "utf8").split(" ").slice(0, 3).join(" ");

/** All cases of one target, in pairs. */
async function measure(target, cases, rounds) {
  const folder = mkdtempSync(join(tmpdir(), "assay-bench-"));
  const { child, id, address } = await startTarget(folder, target);
  try {
    for (const one of cases) {
      const pairs = [];
      for (let round = 0; round < rounds; round++)
        pairs.push({ perf: runPerf(id, one), worker: runIoWorker({ address, folder, ...one }) });
      const of = (figure) => median(pairs.map(figure));
      const ratio = of(({ perf, worker }) => worker.iops / perf.iops);
      const p99 = of(({ perf, worker }) => worker.p99Us / perf.p99Us);
      const goal = one.verify ? GOAL_VERIFIED : GOAL;
      const name = `${target.transport} ${target.device}, ${one.workload} ${one.bytes} bytes, depth ${one.depth}${one.verify ? ", verified" : ""}`;
      const absolute = `perf ${of(({ perf }) => perf.iops).toFixed(0)}, ioworker ${of(({ worker }) => worker.iops).toFixed(0)} IOPS`;
      const wrong = pairs.filter(({ worker }) => worker.miscompares !== "0").length;
      console.log(
        `${name}: median ratio ${ratio.toFixed(2)} (goal ${goal.toFixed(1)}), p99 ratio ${p99.toFixed(2)}; ${absolute}; ${rounds} pairs${wrong > 0 ? `, ${wrong} WITH MISCOMPARES` : ""}, load ${load()}`,
      );
    }
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

const small = ["randread", "randwrite"].flatMap((workload) =>
  [1, 32, 128].map((depth) => ({ workload, depth, bytes: 4096 })),
);
const large = { workload: "read", depth: 32, bytes: 131_072 };
const verified = { workload: "randread", depth: 32, bytes: 4096, verify: true };
const MATRIX = [
  [{ transport: "tcp", device: "null" }, [...small, large]],
  [{ transport: "vfio-user", device: "null" }, [...small, large]],
  [{ transport: "tcp", device: "malloc" }, [...small, large, verified]],
  [{ transport: "vfio-user", device: "malloc" }, [verified]],
];

async function main() {
  const seconds = Number(values.seconds);
  const rounds = Number(values.rounds);
  const timed = (cases) => cases.map((one) => ({ verify: false, ...one, seconds }));
  if (values.matrix) {
    for (const [target, cases] of MATRIX) await measure(target, timed(cases), rounds);
    return;
  }
  const { transport, workload, verify } = values;
  // Verification needs a device that keeps what is written.
  const device = values.device ?? (verify ? "malloc" : "null");
  const one = { workload, verify, depth: Number(values.depth), bytes: Number(values.bytes) };
  await measure({ transport, device }, timed([one]), rounds);
}

await (values.worker === undefined ? main() : runWorker(JSON.parse(values.worker)));
