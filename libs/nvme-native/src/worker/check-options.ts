import type { NativeWorkerOptions } from "../addon/worker";
import { big, finite, flag, integer, object, oneOf, refuse, U32 } from "../check";
import type { ControllerIdentity, NamespaceIdentity } from "../controller/identity";
import { protectionDwords, transferLayout } from "../namespace/protection";
import { tag, tupleBytes } from "../namespace/protection-tuple";
import { checkOperations, checkSequence } from "./check-operations";
import { checkPlaces, checkSizes } from "./check-pattern";
import { checkPlacement } from "./check-placement";
import { withDefaults } from "./defaults";
import type { IoWorkerOptions, WorkerPattern } from "./options";

const MAX_TIME_MS = 1000 * 3600 * 1000;
const MAX_STATUSES = 64;
/** Core limit kMaxLastCommands. */
const MAX_LAST_COMMANDS = 1_048_576;

const KEYS = [
  "nsid",
  "worker",
  "sizeBytes",
  "randomPercent",
  "readPercent",
  "operations",
  "sequence",
  "depth",
  "priority",
  "polling",
  "regionStartLba",
  "regionLbas",
  "alignLbas",
  "stepLbas",
  "startLba",
  "distribution",
  "iops",
  "timeMs",
  "ioCount",
  "passes",
  "flushEvery",
  "verify",
  "exclusive",
  "pattern",
  "protection",
  "placement",
  "skipUncorrectable",
  "lastCommands",
  "onError",
  "onStatus",
  "untilPowerLost",
  "seed",
  "sampleMs",
  "histogramMs",
];

const ACTIONS = ["stop", "count", "ignore", "freeze"] as const;

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

function checkPattern(given: IoWorkerOptions["pattern"], verify: boolean): NativeWorkerOptions["payload"] {
  if (given === undefined || given === null) return { kind: "marked", word: 0, zeroPercent: 0 };
  if (verify)
    refuse(
      "pattern and verify exclude one another: a sector that proves itself has a payload of its own, of which compressPercent of openVerifyTable makes zeroes",
    );
  const o = object<{ kind: WorkerPattern["kind"]; value?: number; compressPercent?: number }>("pattern", given, [
    "kind",
    "value",
    "compressPercent",
  ]);
  const kind = oneOf("pattern.kind", o.kind, ["constant", "random"]);
  const foreign = kind === "constant" ? "compressPercent" : "value";
  if (o[foreign] !== undefined) refuse(`pattern.${foreign} does not belong to pattern.kind "${kind}"`);
  if (kind === "constant") return { kind, word: integer("pattern.value", o.value, 0, U32), zeroPercent: 0 };
  return { kind, word: 0, zeroPercent: integer("pattern.compressPercent", o.compressPercent ?? 0, 0, 100) };
}

function checkProtection(
  given: IoWorkerOptions["protection"],
  ns: NamespaceIdentity,
): NativeWorkerOptions["protection"] {
  if (given === undefined || given === null) return null;
  const dwords = protectionDwords(ns, 0n, given);
  if (given.referenceTag !== undefined && ns.protection?.type !== 3)
    refuse("protection.referenceTag is for type 3: otherwise it is the low part of the LBA");
  const { bits, action, cdw15, referenceTag, storageTag } = dwords;
  if (!action && ns.metadataBytes < tupleBytes(ns.protection ?? {}))
    refuse(`protection.action is false, ${ns.metadataBytes} bytes of metadata hold no tuple`);
  const storageBits = ns.protection?.storageTagBits ?? 0;
  const all = (1n << BigInt(storageBits)) - 1n;
  const storageMask = tag("protection.storageMask", given.storageMask ?? all, storageBits);
  return { bits, cdw15, action, referenceTag, storageTag, storageMask };
}

type Commands = Pick<
  NativeWorkerOptions,
  | "sizes"
  | "alignLbas"
  | "randomPercent"
  | "stepLbas"
  | "startLba"
  | "distribution"
  | "operations"
  | "readPercent"
  | "sequence"
>;

function checkCommands(
  o: IoWorkerOptions,
  ns: NamespaceIdentity,
  controller: ControllerIdentity,
  region: { startLba: bigint; lbas: bigint },
  action: boolean,
): Commands {
  // MDTS counts metadata that lie between the sectors.
  const maxBytes = Math.floor(controller.mdtsBytes / transferLayout(ns, action).stride) * ns.lbaBytes;
  if (o.sequence === undefined || o.sequence === null) {
    const sized = checkSizes(o, ns, maxBytes, region.lbas);
    const placed = checkPlaces(o, region.startLba, region.lbas, Math.max(...sized.sizes.map(({ lbas }) => lbas)));
    return { ...sized, ...placed, ...checkOperations(o, maxBytes), sequence: null };
  }
  return {
    sizes: [{ lbas: 1, weight: 1 }],
    alignLbas: 0,
    randomPercent: 0,
    stepLbas: null,
    startLba: null,
    distribution: [],
    operations: [],
    readPercent: 100,
    sequence: checkSequence(o, ns, maxBytes),
  };
}

function checkLimits(o: IoWorkerOptions): Pick<NativeWorkerOptions, "timeMs" | "ioCount" | "passes"> {
  const optional = (name: "ioCount" | "passes", max: number) =>
    o[name] === undefined || o[name] === null ? 0 : integer(name, o[name], 1, max);
  const limits = {
    timeMs: o.timeMs === undefined || o.timeMs === null ? 0 : finite("timeMs", o.timeMs, 0, MAX_TIME_MS),
    ioCount: optional("ioCount", Number.MAX_SAFE_INTEGER),
    passes: optional("passes", U32),
  };
  const untilPowerLost = o.untilPowerLost === undefined ? false : flag("untilPowerLost", o.untilPowerLost);
  const bounded = limits.timeMs !== 0 || limits.ioCount !== 0 || limits.passes !== 0 || untilPowerLost;
  if (!bounded && (o.sequence === undefined || o.sequence === null)) {
    refuse("one of timeMs, ioCount, passes and untilPowerLost must say when the worker ends");
  }
  return limits;
}

/** What needs the verify table. */
function checkVerification(
  o: IoWorkerOptions,
  hasTable: boolean,
): Pick<NativeWorkerOptions, "verify" | "exclusive" | "skipUncorrectable"> {
  const verify = flag("verify", o.verify === undefined ? false : o.verify);
  const exclusive = flag("exclusive", o.exclusive === undefined ? false : o.exclusive);
  if (exclusive && !verify) refuse("exclusive is true, it needs verify: the table keeps the commands apart");
  if (verify && !hasTable) refuse("verify is true, openVerifyTable must come first");
  const skipUncorrectable = flag("skipUncorrectable", o.skipUncorrectable === undefined ? false : o.skipUncorrectable);
  if (skipUncorrectable && !hasTable) refuse("skipUncorrectable is true, openVerifyTable must come first");
  return { verify, exclusive, skipUncorrectable };
}

/** Everything is checked before a thread starts. `worker`: its number when it has none. @throws NvmeError ERR_ARGUMENT */
export function checkWorkerOptions(
  given: IoWorkerOptions,
  ns: NamespaceIdentity,
  controller: ControllerIdentity,
  { hasTable, worker }: { hasTable: boolean; worker: number },
): NativeWorkerOptions {
  const o = withDefaults(object<IoWorkerOptions>("options", given, KEYS), ns, controller, worker);
  if (o.nsid !== undefined && integer("nsid", o.nsid, 1, U32) !== ns.nsid)
    refuse(`nsid is ${o.nsid}, this namespace is ${ns.nsid}`);
  const regionStartLba = big("regionStartLba", o.regionStartLba ?? 0n, 0n, ns.lbaCount - 1n);
  const most = ns.lbaCount - regionStartLba;
  const regionLbas = big("regionLbas", o.regionLbas ?? most, 1n, most);
  const limits = checkLimits(o);
  if (limits.passes !== 0 && o.startLba !== undefined && o.startLba !== null)
    refuse("startLba and passes exclude one another: a pass begins where the region does");
  const verification = checkVerification(o, hasTable);
  const protection = checkProtection(o.protection, ns);
  return {
    worker: integer("worker", o.worker, 0, U32),
    ...checkCommands(o, ns, controller, { startLba: regionStartLba, lbas: regionLbas }, protection?.action ?? true),
    depth: integer("depth", o.depth, 1, controller.maxQueueEntries - 1),
    priority: oneOf("priority", o.priority ?? 0, [0, 1, 2, 3]),
    spin: oneOf("polling", o.polling ?? "busy", ["busy", "sleep"]) === "busy",
    regionStartLba,
    regionLbas,
    iops: o.iops === undefined || o.iops === null ? 0 : finite("iops", o.iops, 0, 1e9),
    ...limits,
    flushEvery: o.flushEvery === undefined || o.flushEvery === null ? 0 : integer("flushEvery", o.flushEvery, 1, U32),
    ...verification,
    payload: checkPattern(o.pattern, verification.verify),
    protection,
    placement: checkPlacement(o),
    lastCommands: integer("lastCommands", o.lastCommands ?? 0, 0, MAX_LAST_COMMANDS),
    onError: o.onError === undefined ? "stop" : oneOf("onError", o.onError, ACTIONS),
    onStatus: checkStatuses(o.onStatus),
    seed: big("seed", o.seed, 0n, 0xffff_ffff_ffff_ffffn),
    sampleMs: integer("sampleMs", o.sampleMs ?? 1000, 10, 3_600_000),
    histogramMs: integer("histogramMs", o.histogramMs ?? 60_000, 100, 86_400_000),
  };
}
