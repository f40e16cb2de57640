/** Makes and switches software drives: checks what a script asks for, then hands over to native/model. */

import { addon, settle } from "../addon/addon";
import type { NativeDriveSpec } from "../addon/drive-spec";
import { ascii, big, flag, integer, object, oneOf, refuse, text, U64 } from "../check";
import type { ModelFaultCount } from "./fault-spec";
import { checkFault, MAX_FAULTS } from "./faults";
import { checkFdp } from "./fdp";
import { checkLatency } from "./latency";
import { checkNamespaces } from "./namespaces";
import type { ModelDriveSpec, ModelPower } from "./spec";

const MIN_CAPACITY = 1n << 20n;
const MAX_CAPACITY = 16n << 40n;
const MAX_PIN = 32;
const MAX_MS = 3_600_000;
/** In the order of LossPolicy in native/model/media/drive_layout.h. */
const MAX_ATOMIC_LBAS = 65_536;
const LOSS_POLICIES = ["any", "lose-all", "keep-prefix", "reordered", "torn"] as const;
const KEYS = [
  "lossPolicy",
  "awupfLbas",
  "awunLbas",
  "model",
  "serial",
  "firmware",
  "nguid",
  "capacityBytes",
  "lbaBytes",
  "namespaces",
  "maxNamespaces",
  "formatMs",
  "weightedRoundRobin",
  "opal",
  "fdp",
  "seed",
  "volatileCache",
  "cacheBytes",
  "maxQpairs",
  "maxQueueEntries",
  "mdtsBytes",
  "readyMs",
  "latency",
  "faults",
];

function powerOfTwo(name: string, value: unknown, min: number, max: number): number {
  const checked = integer(name, value, min, max);
  if ((checked & (checked - 1)) !== 0) refuse(`${name} is ${checked}, it must be a power of two`);
  return checked;
}

function checkOpal(opal: ModelDriveSpec["opal"] | null): Pick<NativeDriveSpec, "opalMsid" | "opalPsid"> {
  if (opal === null || opal === undefined) return { opalMsid: "", opalPsid: "" };
  const o = object<NonNullable<ModelDriveSpec["opal"]>>("opal", opal, ["msid", "psid"]);
  return {
    opalMsid: ascii("opal.msid", o.msid ?? "ASSAY-MSID", MAX_PIN),
    opalPsid: ascii("opal.psid", o.psid ?? "ASSAY-PSID", MAX_PIN),
  };
}

function checkDriveSpec(given: ModelDriveSpec): NativeDriveSpec {
  const spec = object<ModelDriveSpec>("spec", given, KEYS);
  const capacityBytes = big("capacityBytes", spec.capacityBytes, MIN_CAPACITY, MAX_CAPACITY);
  if (capacityBytes % 4096n !== 0n) refuse(`capacityBytes is ${capacityBytes}, it must be a multiple of 4096`);
  const faults = spec.faults ?? [];
  if (!Array.isArray(faults) || faults.length > MAX_FAULTS) refuse(`faults must be an array of at most ${MAX_FAULTS}`);
  const latency = spec.latency ?? null;
  const named = checkNamespaces(spec, capacityBytes);
  return {
    model: ascii("model", spec.model, 40),
    serial: ascii("serial", spec.serial, 20),
    firmware: ascii("firmware", spec.firmware, 8),
    capacityBytes,
    ...named,
    ...checkOpal(spec.opal ?? null),
    ...checkFdp(spec.fdp ?? null, capacityBytes, named.namespaces),
    weightedRoundRobin: flag("weightedRoundRobin", spec.weightedRoundRobin ?? false),
    formatMs: integer("formatMs", spec.formatMs ?? 0, 0, MAX_MS),
    seed: big("seed", spec.seed, 0n, U64),
    volatileCache: flag("volatileCache", spec.volatileCache),
    cacheBytes: integer("cacheBytes", spec.cacheBytes ?? 8 << 20, 1 << 18, 1 << 30),
    maxQpairs: integer("maxQpairs", spec.maxQpairs ?? 16, 1, 1024),
    maxQueueEntries: integer("maxQueueEntries", spec.maxQueueEntries ?? 1024, 2, 65_536),
    mdtsBytes: powerOfTwo("mdtsBytes", spec.mdtsBytes ?? 1 << 20, 4096, 1 << 20),
    readyMs: integer("readyMs", spec.readyMs ?? 2, 0, MAX_MS),
    ...checkLatency(latency),
    lossPolicy: LOSS_POLICIES.indexOf(oneOf("lossPolicy", spec.lossPolicy ?? "any", LOSS_POLICIES)),
    ...checkAtomicUnits(spec),
    faults: faults.map(checkFault),
  };
}

/** LBAs: no drive promises readers less than it keeps through a power loss (NVM Command Set 1.0, 2.1.4). */
function checkAtomicUnits(spec: ModelDriveSpec): { awupfLbas: number; awunLbas: number } {
  const awupfLbas = integer("awupfLbas", spec.awupfLbas ?? 1, 1, MAX_ATOMIC_LBAS);
  return { awupfLbas, awunLbas: integer("awunLbas", spec.awunLbas ?? awupfLbas, awupfLbas, MAX_ATOMIC_LBAS) };
}

export async function createModelDrive(path: string, spec: ModelDriveSpec): Promise<void> {
  return settle(addon().createModelDrive(text("path", path, 4096), checkDriveSpec(spec)));
}

export async function modelPower(path: string, action: ModelPower): Promise<{ power: ModelPower; generation: number }> {
  return settle(addon().modelPower(text("path", path, 4096), oneOf("action", action, ["on", "off"])));
}

export async function modelPowerState(path: string): Promise<{ power: ModelPower; generation: number }> {
  return settle(addon().modelPower(text("path", path, 4096), "read"));
}

export async function modelFaults(path: string): Promise<ModelFaultCount[]> {
  return settle(addon().modelFaults(text("path", path, 4096)));
}
