/**
 * Runs in the guest: pairs of runs on one NVMe drive, the driver's ioworker over vfio-pci and fio on the kernel's block device.
 * `in-guest-pairs.js <address> <fio> <PairsRequest as JSON>` prints a Pair as a JSON line each.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { driver, type IoWorkerResult, latencyPercentiles } from "../../src";
import { bind } from "./pci-slot";

export interface PairsRequest {
  /** As fio names them. */
  workload: "randread" | "randwrite" | "read";
  /** The same for the ioworker. */
  pattern: { randomPercent: number; readPercent: number };
  bytes: number;
  depth: number;
  seconds: number;
  rounds: number;
}
export interface Figures {
  iops: number;
  /** From submission to completion. */
  p99Us: number;
}
export interface Pair {
  fio: Figures;
  worker: Figures;
}

/** A namespace's block device comes some time after its controller. */
const DEVICE_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 20;

async function runWorker(address: string, request: PairsRequest): Promise<Figures> {
  bind(address, "vfio-pci");
  const { bytes, depth, seconds } = request;
  const cmdlogDir = mkdtempSync("/tmp/pairs-");
  const controller = await driver.open({ transport: "spdk-pcie", address }, { cmdlogDir });
  let result: IoWorkerResult;
  try {
    const ns = await controller.namespace(1);
    result = await ns.startIoWorker({
      ...{ nsid: 1, worker: 1, sizeBytes: bytes, depth, seed: 1n },
      ...{ regionStartLba: 0n, regionLbas: ns.identity.lbaCount, timeMs: seconds * 1000, sampleMs: 1000 },
      pattern: { kind: "constant", value: 0x01010101 },
      ...request.pattern,
    }).result;
  } finally {
    await controller.close();
  }
  if (result.end !== "done" || result.errors.length > 0) throw new Error(`the worker ended ${result.end}`);
  const iops = (Number(result.reads + result.writes) * 1000) / result.durationMs;
  const [p99] = Object.values(latencyPercentiles([result], [99]));
  return { iops, p99Us: Number(p99) / 1000 };
}

/** The block device of a function's first namespace. */
async function blockDevice(address: string): Promise<string> {
  const controllers = `/sys/bus/pci/devices/${address}/nvme`;
  const until = performance.now() + DEVICE_LIMIT_MS;
  for (;;) {
    for (const controller of readdirSync(controllers)) {
      const found = readdirSync(join(controllers, controller)).find((name) => /^nvme\d+n1$/.test(name));
      if (found !== undefined) return `/dev/${found}`;
    }
    if (performance.now() > until) throw new Error(`the kernel made no block device of ${address}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function runFio(fio: string, address: string, request: PairsRequest): Promise<Figures> {
  bind(address, "nvme");
  const { workload, bytes, depth, seconds } = request;
  const job = {
    ...{ name: "pair", filename: await blockDevice(address), rw: workload, bs: bytes, iodepth: depth },
    ...{ ioengine: "io_uring", direct: 1, runtime: seconds, norandommap: 1, buffer_pattern: "0x01010101" },
    // As the driver counts: from before the submission.
    ...{ clat_percentiles: 0, lat_percentiles: 1, "output-format": "json" },
  };
  const args = Object.entries(job).map(([key, value]) => `--${key}=${value}`);
  const { stdout } = await promisify(execFile)(fio, [...args, "--time_based", "--thread"], { encoding: "utf8" });
  const [done] = JSON.parse(stdout.slice(stdout.indexOf("{"))).jobs;
  if (done.error !== 0) throw new Error(`fio ended with ${done.error}`);
  const side = workload === "randwrite" ? done.write : done.read;
  return { iops: side.iops, p99Us: side.lat_ns.percentile["99.000000"] / 1000 };
}

async function main([address, fio, asked]: string[]): Promise<void> {
  const request = JSON.parse(asked!) as PairsRequest;
  const runs = { fio: () => runFio(fio!, address!, request), worker: () => runWorker(address!, request) };
  for (let round = 0; round < request.rounds; round++) {
    const pair: Partial<Pair> = {};
    // Who comes first changes from round to round.
    for (const who of round % 2 === 0 ? (["fio", "worker"] as const) : (["worker", "fio"] as const))
      pair[who] = await runs[who]();
    console.log(JSON.stringify(pair));
  }
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (reason) => {
    console.error(reason);
    process.exit(1);
  },
);
