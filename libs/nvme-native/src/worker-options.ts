import { big, finite, flag, integer, object, oneOf, refuse, U32 } from "./check";
import type { NativeWorkerOptions } from "./native";
import type { ControllerIdentity, IoWorkerOptions, NamespaceIdentity } from "./types";
import { checkPlaces, checkSizes } from "./worker-pattern";

const MAX_TIME_MS = 1000 * 3600 * 1000;

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
  "stepLbas",
  "distribution",
  "iops",
  "timeMs",
  "ioCount",
  "passes",
  "flushEvery",
  "verify",
  "onError",
  "onStatus",
  "untilPowerLost",
  "seed",
  "sampleMs",
  "histogramMs",
];

const ACTIONS = ["stop", "count", "ignore"] as const;
const MAX_STATUSES = 64;

function checkStatuses(given: IoWorkerOptions["onStatus"]): NativeWorkerOptions["onStatus"] {
  if (given === undefined) return [];
  if (!Array.isArray(given) || given.length > MAX_STATUSES)
    refuse(`onStatus must be an array of at most ${MAX_STATUSES} statuses`);
  return given.map((entry, i) => {
    const name = `onStatus[${i}]`;
    const o = object<typeof entry>(name, entry, ["sct", "sc", "action"]);
    const sct = integer(`${name}.sct`, o.sct, 0, 7);
    const sc = integer(`${name}.sc`, o.sc, 0, 255);
    if (sct === 0 && sc === 0) refuse(`${name} is sct 0, sc 0, which is success and no error`);
    return { sct, sc, action: oneOf(`${name}.action`, o.action, ACTIONS) };
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
  const optional = (name: "timeMs" | "ioCount" | "passes" | "flushEvery", max: number) =>
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
    ...checkSizes(o, ns, controller.mdtsBytes, regionLbas),
    ...checkPlaces(o, regionLbas),
    operations: [],
    readPercent: integer("readPercent", o.readPercent, 0, 100),
    depth: integer("depth", o.depth, 1, controller.maxQueueEntries - 1),
    regionStartLba,
    regionLbas,
    iops: o.iops === undefined || o.iops === null ? 0 : finite("iops", o.iops, 0, 1e9),
    ...limits,
    flushEvery: optional("flushEvery", U32),
    verify,
    onError: o.onError === undefined ? "stop" : oneOf("onError", o.onError, ACTIONS),
    onStatus: checkStatuses(o.onStatus),
    seed: big("seed", o.seed, 0n, 0xffff_ffff_ffff_ffffn),
    sampleMs: integer("sampleMs", o.sampleMs ?? 1000, 10, 3_600_000),
    histogramMs: integer("histogramMs", o.histogramMs ?? 60_000, 100, 86_400_000),
  };
}
