import type { Bench } from "../bench-drive";
import { type Calls, right } from "./right-call";

const WORKER = {
  nsid: 1,
  worker: 3,
  randomPercent: 100,
  depth: 4,
  priority: 0,
  polling: "sleep",
  regionStartLba: 0n,
  regionLbas: 1000n,
  alignLbas: [1, 2],
  iops: 100_000,
  timeMs: 50,
  ioCount: 20,
  onError: "count",
  onStatus: [{ sct: 2, sc: 0x81, action: "ignore" }],
  seed: 1n,
  sampleMs: 10,
  histogramMs: 100,
  lastCommands: 4,
};

const WORKERS: Record<string, object> = {
  "of weights": {
    ...WORKER,
    sizeBytes: [
      { bytes: 512, weight: 3 },
      { bytes: 1024, weight: 1 },
    ],
    readPercent: 50,
    placement: [1, { identifier: 2, weight: 3 }],
  },
  "of a range": {
    ...WORKER,
    alignLbas: 1,
    sizeBytes: { fromBytes: 512, toBytes: 2048, stepBytes: 512 },
    pattern: { kind: "random", compressPercent: 50 },
    distribution: Array.from({ length: 100 }, () => 100),
    regionLbas: 16_384n,
  },
  "of steps": {
    ...WORKER,
    sizeBytes: 512,
    alignLbas: 1,
    randomPercent: 0,
    stepLbas: -8,
    startLba: 64n,
    pattern: { kind: "constant", value: 7 },
  },
  "of operations": {
    ...WORKER,
    sizeBytes: [512, 1024],
    operations: [
      { opcode: "read", percent: 50, cdw: { cdw12: 0x4000_0000 } },
      { opcode: 0x99, percent: 30, addressed: false, data: "to-device", dataBytes: 512 },
      { opcode: 0x9a, percent: 20, addressed: true, data: "from-device" },
    ],
  },
  "of a sequence": {
    depth: 2,
    seed: 1n,
    sequence: [
      { atUs: 0, opcode: "write", slba: 0n, lbaCount: 8 },
      { atUs: 10.5, opcode: 2, slba: 8n, lbaCount: 1 },
      { atUs: 11, opcode: "flush" },
    ],
  },
};

export const workerCalls = ({ ns }: Bench): Calls =>
  Object.fromEntries(
    Object.entries(WORKERS).map(([name, options]) => [
      `a worker ${name}`,
      right(
        () => [structuredClone(options)],
        async (given) => {
          const worker = ns.startIoWorker(given);
          // Without its limit it would never end by itself.
          setTimeout(() => worker.stop(), 50);
          return worker.result;
        },
      ),
    ]),
  );
