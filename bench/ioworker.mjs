// The driver's ioworker beside SPDK's own spdk_nvme_perf on the same target and the same namespace, in turns and on the same
// core, so that both meet the same noise. Prints a table of median ratios with their quartiles; absolute figures say more about
// the machine than about the driver. Writes send constant bytes, as perf does. Ends with 1 when a goal is missed.
//   node bench/ioworker.mjs --matrix [--only <regular expression over the names of cases>] [--rounds 10] [--seconds 1]
//   node bench/ioworker.mjs [--transport tcp|vfio-user] [--device null|malloc] [--workload randread|randwrite|read]
//                           [--rounds 10] [--seconds 3] [--depth 32] [--bytes 4096] [--verify]
// Needs the addon with SPDK (npm run build), the programs named in bench/spdk-target.mjs, and two cores: the target has 0.
//
// fio is not beside them: it reaches these targets only through a block device of a kernel that has nvme-tcp, or through SPDK's
// fio plugin, which has to be built against fio's own sources and is in no package. The last line says what is here.
// bench/fio-guest.mjs measures beside fio on a PCIe drive.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { median, quantile } from "./quantile.mjs";
import { runPerf, startTarget } from "./spdk-target.mjs";
import { CASES, PATTERNS } from "./workloads.mjs";

const here = fileURLToPath(import.meta.url);
const { values } = parseArgs({
  options: {
    transport: { type: "string", default: "tcp" },
    device: { type: "string" },
    workload: { type: "string", default: "randread" },
    rounds: { type: "string", default: "10" },
    seconds: { type: "string" },
    depth: { type: "string", default: "32" },
    bytes: { type: "string", default: "4096" },
    verify: { type: "boolean", default: false },
    matrix: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    worker: { type: "string" },
  },
});

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
  // As perf fills its buffers. Sectors that prove themselves are what verification is.
  const pattern = verify ? {} : { pattern: { kind: "constant", value: 0x01010101 } };
  if (verify) {
    await ns.openVerifyTable(join(folder, "bench.verify"), 1n);
    await ns.startIoWorker({ ...common, randomPercent: 0, readPercent: 0, passes: 1 }).result;
  }
  const worker = ns.startIoWorker({
    ...common,
    ...pattern,
    ...PATTERNS[workload],
    timeMs: seconds * 1000,
    sampleMs: 1000,
  });
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

const load = () => readFileSync("/proc/loadavg", "utf8").split(" ").slice(0, 3).join(" ");

/** A goal stands where the issue sets one: with verification for TCP alone, the other is printed beside it. */
function goalOf({ transport }, { verify }) {
  if (!verify) return GOAL;
  return transport === "tcp" ? GOAL_VERIFIED : null;
}

const nameOf = ({ transport, device }, { workload, bytes, depth, verify }) =>
  `${transport} ${device} ${workload} ${bytes} depth ${depth}${verify ? " verified" : ""}`;

/** One pair; who comes first changes from round to round. */
function pair(round, id, task) {
  const runs = { perf: () => runPerf(id, task), worker: () => runIoWorker(task) };
  const order = round % 2 === 0 ? ["perf", "worker"] : ["worker", "perf"];
  return Object.fromEntries(order.map((who) => [who, runs[who]()]));
}

const COLUMNS = [
  ["case", 46],
  ["ratio", 6],
  ["quartiles", 12],
  ["goal", 5],
  ["p99 ratio", 10],
  ["perf IOPS", 10],
  ["ours", 9],
  ["", 0],
];
const row = (cells) =>
  console.log(
    cells
      .map((cell, n) => String(cell).padEnd(COLUMNS[n][1]))
      .join(" ")
      .trimEnd(),
  );

/** All cases of one target, in pairs. Returns the names of those that missed their goal. */
async function measure(target, cases, rounds) {
  const folder = mkdtempSync(join(tmpdir(), "assay-bench-"));
  const { child, id, address } = await startTarget(folder, target);
  const missed = [];
  try {
    for (const one of cases) {
      const task = { address, folder, ...one };
      const pairs = Array.from({ length: rounds }, (_, round) => pair(round, id, task));
      const of = (figure) => pairs.map(figure);
      const ratios = of(({ perf, worker }) => worker.iops / perf.iops);
      const ratio = median(ratios);
      const p99 = median(of(({ perf, worker }) => worker.p99Us / perf.p99Us));
      const goal = goalOf(target, one);
      const wrong = pairs.filter(({ worker }) => worker.miscompares !== "0").length;
      const verdict = wrong > 0 ? `${wrong} RUNS WITH MISCOMPARES` : goal === null || ratio >= goal ? "" : "missed";
      if (verdict !== "") missed.push(nameOf(target, one));
      row([
        nameOf(target, one),
        ratio.toFixed(2),
        `${quantile(ratios, 0.25).toFixed(2)}-${quantile(ratios, 0.75).toFixed(2)}`,
        goal === null ? "-" : goal.toFixed(1),
        p99.toFixed(2),
        median(of(({ perf }) => perf.iops)).toFixed(0),
        median(of(({ worker }) => worker.iops)).toFixed(0),
        verdict,
      ]);
    }
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
  return missed;
}

/** Why fio is not in the table, as this machine stands. */
function whyNoFio() {
  const fio = spawnSync("fio", ["--version"], { encoding: "utf8" });
  if (fio.status !== 0) return "it is not installed";
  const kernel = spawnSync("modprobe", ["-n", "nvme-tcp"]).status === 0 || existsSync("/sys/module/nvme_tcp");
  const devices = readdirSync("/dev").filter((name) => /^nvme\d+n\d+$/.test(name));
  return `${fio.stdout.trim()} is here, but no engine of it reaches these targets: SPDK's plugin is no part of fio, ${kernel ? "the kernel's nvme-tcp would measure the kernel's block layer on a device that nobody has connected" : "this kernel has no nvme-tcp"}, ${devices.length === 0 ? "and there is no NVMe block device" : "and its NVMe block devices are other drives"}`;
}

const verified = { workload: "randread", depth: 32, bytes: 4096, verify: true };
const MATRIX = [
  [{ transport: "tcp", device: "null" }, CASES],
  [{ transport: "vfio-user", device: "null" }, CASES],
  [{ transport: "vfio-user", device: "malloc" }, [...CASES, verified]],
  [{ transport: "tcp", device: "malloc" }, [...CASES, verified]],
];

async function main() {
  const seconds = Number(values.seconds ?? (values.matrix ? 1 : 3));
  const rounds = Number(values.rounds);
  const { transport, workload, verify } = values;
  // Verification needs a device that keeps what is written.
  const device = values.device ?? (verify ? "malloc" : "null");
  const asked = { workload, verify, depth: Number(values.depth), bytes: Number(values.bytes) };
  const only = new RegExp(values.only);
  const missed = [];
  row(COLUMNS.map(([title]) => title));
  for (const [target, all] of values.matrix ? MATRIX : [[{ transport, device }, [asked]]]) {
    const cases = all
      .map((one) => ({ verify: false, ...one, seconds }))
      .filter((one) => only.test(nameOf(target, one)));
    if (cases.length > 0) missed.push(...(await measure(target, cases, rounds)));
  }
  console.log(`${rounds} pairs of ${seconds} s a case; load ${load()}`);
  console.log(missed.length === 0 ? "all goals met" : `missed: ${missed.join("; ")}`);
  console.log(`fio: ${whyNoFio()}; beside it on a PCIe drive: bench/fio-guest.mjs`);
  if (missed.length > 0) process.exitCode = 1;
}

await (values.worker === undefined ? main() : runWorker(JSON.parse(values.worker)));
