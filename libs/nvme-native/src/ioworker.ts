import { big, finite, flag, integer, object, oneOf, refuse, U32 } from "./check";
import type { IoWorker } from "./driver";
import { addon, type NativeHandle, type NativeWorkerOptions, settle } from "./native";
import type { ControllerIdentity, IoWorkerEvent, IoWorkerOptions, IoWorkerResult, NamespaceIdentity } from "./types";

/** Events kept for a reader that lags; the oldest are dropped beyond that (the result has the totals). */
const MAX_EVENTS_KEPT = 65_536;
const MAX_TIME_MS = 1000 * 3600 * 1000;
const MAX_LBAS_PER_COMMAND = 65_536;
const MAX_SIZES = 256;

const KEYS = [
  "nsid",
  "worker",
  "sizeBytes",
  "randomPercent",
  "readPercent",
  "depth",
  "regionStartLba",
  "regionLbas",
  "alignLbas",
  "iops",
  "timeMs",
  "ioCount",
  "passes",
  "flushEvery",
  "verify",
  "onError",
  "untilPowerLost",
  "seed",
  "sampleMs",
  "histogramMs",
];

function checkSizes(
  options: IoWorkerOptions,
  ns: NamespaceIdentity,
  maxBytes: number,
  regionLbas: bigint,
): { lbas: number; weight: number }[] {
  const list = Array.isArray(options.sizeBytes) ? options.sizeBytes : [{ bytes: options.sizeBytes, weight: 1 }];
  if (list.length === 0 || list.length > MAX_SIZES)
    refuse(`sizeBytes has ${list.length} sizes, it must have 1 to ${MAX_SIZES}`);
  return list.map((entry, i) => {
    const name = Array.isArray(options.sizeBytes) ? `sizeBytes[${i}].bytes` : "sizeBytes";
    const bytes = integer(name, entry.bytes, ns.lbaBytes, Math.min(maxBytes, MAX_LBAS_PER_COMMAND * ns.lbaBytes));
    if (bytes % ns.lbaBytes !== 0) refuse(`${name} is ${bytes}, it must be a multiple of the LBA size, ${ns.lbaBytes}`);
    const lbas = bytes / ns.lbaBytes;
    if (BigInt(lbas) > regionLbas) refuse(`${name} is ${bytes}, it must fit into the region of ${regionLbas} LBAs`);
    return { lbas, weight: integer(`sizeBytes[${i}].weight`, entry.weight, 1, 10_000) };
  });
}

/** Everything is checked before a thread starts. @throws NvmeError ERR_ARGUMENT */
export function checkWorkerOptions(
  given: IoWorkerOptions,
  ns: NamespaceIdentity,
  controller: ControllerIdentity,
  hasTable: boolean,
): NativeWorkerOptions {
  const o = object<IoWorkerOptions>("options", given, KEYS);
  if (o.nsid !== undefined && o.nsid !== ns.nsid) refuse(`nsid is ${o.nsid}, this namespace is ${ns.nsid}`);
  const regionStartLba = big("regionStartLba", o.regionStartLba, 0n, ns.lbaCount - 1n);
  const regionLbas = big("regionLbas", o.regionLbas, 1n, ns.lbaCount - regionStartLba);
  const optional = (name: "timeMs" | "ioCount" | "passes" | "flushEvery" | "alignLbas", max: number) =>
    o[name] === undefined || o[name] === null ? 0 : integer(name, o[name], 1, max);
  const limits = {
    timeMs: o.timeMs === undefined || o.timeMs === null ? 0 : finite("timeMs", o.timeMs, 0, MAX_TIME_MS),
    ioCount: optional("ioCount", Number.MAX_SAFE_INTEGER),
    passes: optional("passes", U32),
  };
  const untilPowerLost = o.untilPowerLost === undefined ? false : flag("untilPowerLost", o.untilPowerLost);
  if (limits.timeMs === 0 && limits.ioCount === 0 && limits.passes === 0 && !untilPowerLost) {
    refuse("one of timeMs, ioCount, passes and untilPowerLost must say when the worker ends");
  }
  const verify = o.verify === undefined ? false : flag("verify", o.verify);
  if (verify && !hasTable) refuse("verify is true, openVerifyTable must come first");
  return {
    worker: integer("worker", o.worker, 0, U32),
    sizes: checkSizes(o, ns, controller.mdtsBytes, regionLbas),
    randomPercent: integer("randomPercent", o.randomPercent, 0, 100),
    readPercent: integer("readPercent", o.readPercent, 0, 100),
    depth: integer("depth", o.depth, 1, controller.maxQueueEntries - 1),
    regionStartLba,
    regionLbas,
    alignLbas: optional("alignLbas", U32),
    iops: o.iops === undefined || o.iops === null ? 0 : finite("iops", o.iops, 0, 1e9),
    ...limits,
    flushEvery: optional("flushEvery", U32),
    verify,
    stopOnError: (o.onError === undefined ? "stop" : oneOf("onError", o.onError, ["stop", "count"])) === "stop",
    seed: big("seed", o.seed, 0n, 0xffff_ffff_ffff_ffffn),
    sampleMs: integer("sampleMs", o.sampleMs ?? 1000, 10, 3_600_000),
    histogramMs: integer("histogramMs", o.histogramMs ?? 60_000, 100, 86_400_000),
  };
}

export class NvmeIoWorker implements IoWorker {
  readonly result: Promise<IoWorkerResult>;
  readonly #native: NativeHandle;
  #events: IoWorkerEvent[] = [];
  #ended = false;
  #wake: (() => void) | null = null;

  constructor(namespace: NativeHandle, options: NativeWorkerOptions) {
    const started = addon().startIoWorker(namespace, options, (event) => this.#take(event));
    this.#native = started.handle;
    this.result = settle(started.result).finally(() => {
      this.#ended = true;
      this.#wake?.();
    });
    // Whoever reads only the events must not be punished for not awaiting the result.
    this.result.catch(() => {});
  }

  stop(): void {
    addon().stopIoWorker(this.#native);
  }

  #take(event: IoWorkerEvent): void {
    if (this.#events.length >= MAX_EVENTS_KEPT) this.#events.shift();
    this.#events.push(event);
    this.#wake?.();
  }

  /** Events in order until the worker has ended; of several readers each event goes to one. */
  async *[Symbol.asyncIterator](): AsyncIterator<IoWorkerEvent> {
    for (;;) {
      const events = this.#events;
      this.#events = [];
      yield* events;
      if (this.#events.length > 0) continue;
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }
}
