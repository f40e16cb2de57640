/** The latency model of a software drive, checked: see ModelLatency, and native/model/media/nand.h for what comes of it. */

import type { NativeDriveSpec } from "../addon/drive-spec";
import { finite, integer, object } from "../check";
import type { ModelLatency, ModelNand } from "./spec";

const MAX_US = 60_000_000;
const MAX_DIES = 256;
const MAX_BYTES = 2 ** 44;
const MAX_C = 200;

const NO_NAND = {
  dies: 0,
  steadyWriteUs: 0,
  slcBytes: 0,
  foldBytesPerSecond: 0,
  collectEveryBytes: 0,
  collectUs: 0,
  ambientC: 0,
  throttleC: 0,
  degreesPerGib: 0,
  coolSeconds: 0,
  throttlePercent: 100,
};
type NandFields = Pick<NativeDriveSpec, keyof typeof NO_NAND>;
type LatencyFields = Pick<NativeDriveSpec, "hasLatency" | "readUs" | "writeUs" | "flushUs" | "jitterPercent"> &
  NandFields;

const microseconds = (name: string, value: unknown) => integer(name, value, 0, MAX_US);
const bytes = (name: string, value: unknown) => integer(name, value, 0, MAX_BYTES);

function checkNand(given: ModelNand): NandFields {
  const at = "latency.nand";
  const keys = ["dies", "slcBytes", "steadyWriteUs", "foldBytesPerSecond", "collectEveryBytes", "collectUs", "thermal"];
  const nand = object<ModelNand>(at, given, keys);
  const plain = {
    ...NO_NAND,
    dies: integer(`${at}.dies`, nand.dies, 1, MAX_DIES),
    slcBytes: bytes(`${at}.slcBytes`, nand.slcBytes),
    steadyWriteUs: microseconds(`${at}.steadyWriteUs`, nand.steadyWriteUs),
    foldBytesPerSecond: bytes(`${at}.foldBytesPerSecond`, nand.foldBytesPerSecond ?? 0),
    collectEveryBytes: bytes(`${at}.collectEveryBytes`, nand.collectEveryBytes ?? 0),
    collectUs: microseconds(`${at}.collectUs`, nand.collectUs ?? 0),
  };
  const thermal = nand.thermal ?? null;
  if (thermal === null) return plain;
  object(`${at}.thermal`, thermal, ["ambientC", "throttleC", "degreesPerGib", "coolSeconds", "throttlePercent"]);
  return {
    ...plain,
    ambientC: finite(`${at}.thermal.ambientC`, thermal.ambientC ?? 30, -100, MAX_C),
    throttleC: finite(`${at}.thermal.throttleC`, thermal.throttleC, 0, MAX_C),
    degreesPerGib: finite(`${at}.thermal.degreesPerGib`, thermal.degreesPerGib, 0, 1_000_000),
    coolSeconds: finite(`${at}.thermal.coolSeconds`, thermal.coolSeconds, 0, 1_000_000),
    throttlePercent: integer(`${at}.thermal.throttlePercent`, thermal.throttlePercent ?? 300, 100, 10_000),
  };
}

/** @throws NvmeError ERR_ARGUMENT, naming argument, value and limit */
export function checkLatency(given: ModelLatency | null): LatencyFields {
  if (given === null) return { hasLatency: false, readUs: 0, writeUs: 0, flushUs: 0, jitterPercent: 0, ...NO_NAND };
  const latency = object<ModelLatency>("latency", given, ["readUs", "writeUs", "flushUs", "jitterPercent", "nand"]);
  const nand = latency.nand ?? null;
  return {
    hasLatency: true,
    readUs: microseconds("latency.readUs", latency.readUs),
    writeUs: microseconds("latency.writeUs", latency.writeUs),
    flushUs: microseconds("latency.flushUs", latency.flushUs),
    jitterPercent: integer("latency.jitterPercent", latency.jitterPercent, 0, 100),
    ...(nand === null ? NO_NAND : checkNand(nand)),
  };
}
