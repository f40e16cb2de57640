/** Makes and switches software drives: checks what a script asks for, then hands over to native/model. */
import { ascii, big, flag, integer, object, oneOf, refuse, text, U32, U64 } from "./check";
import { addon, type NativeDriveSpec, type NativeFault, settle } from "./native";
import type { ModelDriveSpec, ModelFault, ModelPower } from "./types";

const MIN_CAPACITY = 1n << 20n;
const MAX_CAPACITY = 16n << 40n;
const MAX_FAULTS = 16;
const MAX_MS = 3_600_000;
const KEYS = [
  "model",
  "serial",
  "firmware",
  "nguid",
  "capacityBytes",
  "lbaBytes",
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

const FAULT_KEYS: Record<ModelFault["kind"], string[]> = {
  "silent-corruption": ["kind", "afterWrites", "everyNth"],
  "flush-lies": ["kind"],
  "bad-status": ["kind", "opcode", "slba", "lbaCount", "sct", "sc", "times"],
  stall: ["kind", "afterCommands", "ms"],
  "lost-completion": ["kind", "afterCommands"],
  "slow-ready": ["kind", "ms"],
  "failed-activation": ["kind", "times"],
};

function checkFault(value: ModelFault, i: number): NativeFault {
  const name = `faults[${i}]`;
  const kind = oneOf(
    `${name}.kind`,
    (value as ModelFault | null)?.kind,
    Object.keys(FAULT_KEYS) as ModelFault["kind"][],
  );
  const fault = object<ModelFault>(name, value, FAULT_KEYS[kind]);
  const plain = { kind, everyNth: 0, after: 0, slba: 0n, lbaCount: 0n, opcode: 0, sct: 0, sc: 0, ms: 0, times: 1 };
  const count = (key: string, given: unknown, min: number) =>
    integer(`${name}.${key}`, given, min, Number.MAX_SAFE_INTEGER);
  switch (fault.kind) {
    case "silent-corruption":
      return {
        ...plain,
        after: count("afterWrites", fault.afterWrites, 0),
        everyNth: integer(`${name}.everyNth`, fault.everyNth, 1, U32),
      };
    case "flush-lies":
      return plain;
    case "bad-status":
      if (typeof fault.slba !== "string" || !/^\d{1,20}$/.test(fault.slba))
        refuse(`${name}.slba must be a decimal text`);
      return {
        ...plain,
        opcode: integer(`${name}.opcode`, fault.opcode, 0, 255),
        slba: big(`${name}.slba`, BigInt(fault.slba), 0n, U64),
        lbaCount: BigInt(count("lbaCount", fault.lbaCount, 1)),
        sct: integer(`${name}.sct`, fault.sct, 0, 7),
        sc: integer(`${name}.sc`, fault.sc, 0, 255),
        times: count("times", fault.times, 1),
      };
    case "stall":
      return {
        ...plain,
        after: count("afterCommands", fault.afterCommands, 0),
        ms: integer(`${name}.ms`, fault.ms, 1, MAX_MS),
      };
    case "lost-completion":
      return { ...plain, after: count("afterCommands", fault.afterCommands, 0) };
    case "failed-activation":
      return { ...plain, times: count("times", fault.times, 1) };
    case "slow-ready":
      return { ...plain, ms: integer(`${name}.ms`, fault.ms, 1, MAX_MS) };
  }
}

function powerOfTwo(name: string, value: unknown, min: number, max: number): number {
  const checked = integer(name, value, min, max);
  if ((checked & (checked - 1)) !== 0) refuse(`${name} is ${checked}, it must be a power of two`);
  return checked;
}

export function checkDriveSpec(given: ModelDriveSpec): NativeDriveSpec {
  const spec = object<ModelDriveSpec>("spec", given, KEYS);
  const capacityBytes = big("capacityBytes", spec.capacityBytes, MIN_CAPACITY, MAX_CAPACITY);
  if (capacityBytes % 4096n !== 0n) refuse(`capacityBytes is ${capacityBytes}, it must be a multiple of 4096`);
  const faults = spec.faults ?? [];
  if (!Array.isArray(faults) || faults.length > MAX_FAULTS) refuse(`faults must be an array of at most ${MAX_FAULTS}`);
  if (spec.nguid !== undefined && (typeof spec.nguid !== "string" || !/^[0-9a-fA-F]{32}$/.test(spec.nguid))) {
    refuse(`nguid is ${JSON.stringify(spec.nguid)}, it must have 32 hex digits`);
  }
  const latency = spec.latency ?? null;
  if (latency !== null) object("latency", latency, ["readUs", "writeUs", "flushUs", "jitterPercent"]);
  return {
    model: ascii("model", spec.model, 40),
    serial: ascii("serial", spec.serial, 20),
    firmware: ascii("firmware", spec.firmware, 8),
    nguid: spec.nguid ?? "",
    capacityBytes,
    lbaBytes: oneOf("lbaBytes", spec.lbaBytes, [512, 4096]),
    seed: big("seed", spec.seed, 0n, U64),
    volatileCache: flag("volatileCache", spec.volatileCache),
    cacheBytes: integer("cacheBytes", spec.cacheBytes ?? 8 << 20, 1 << 18, 1 << 30),
    maxQpairs: integer("maxQpairs", spec.maxQpairs ?? 16, 1, 1024),
    maxQueueEntries: integer("maxQueueEntries", spec.maxQueueEntries ?? 1024, 2, 65_536),
    mdtsBytes: powerOfTwo("mdtsBytes", spec.mdtsBytes ?? 1 << 20, 4096, 1 << 20),
    readyMs: integer("readyMs", spec.readyMs ?? 2, 0, MAX_MS),
    hasLatency: latency !== null,
    readUs: latency === null ? 0 : integer("latency.readUs", latency.readUs, 0, 60_000_000),
    writeUs: latency === null ? 0 : integer("latency.writeUs", latency.writeUs, 0, 60_000_000),
    flushUs: latency === null ? 0 : integer("latency.flushUs", latency.flushUs, 0, 60_000_000),
    jitterPercent: latency === null ? 0 : integer("latency.jitterPercent", latency.jitterPercent, 0, 100),
    faults: faults.map(checkFault),
  };
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
