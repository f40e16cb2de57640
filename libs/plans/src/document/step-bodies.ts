/** The bodies of the step kinds as authors write them, one schema per kind. */
import { z } from "zod";
import { RESET_SCOPES } from "./drive-step-bodies";
import { ioSize, lateDuration, region } from "./late";
import { ERROR_ACTIONS, statusActions } from "./status-actions";
import { DAY_MS, expectedStatus, MAX_STEP_MS, nsid, optional, stepId } from "./step-values";
import { duration, flag, identifier, integer, limit, mapping, oneOf, percent, size, text } from "./values";
import { operationShares, patternBody, sequenceBody, signedSize, zones } from "./worker-values";

const after = optional(lateDuration()).describe("start this long after the enclosing `parallel` began");
const cdw = () => integer({ max: 0xffffffff }).prefault(0);

export const SNAPSHOT_SOURCES = ["identify", "smart", "error-log", "firmware-log", "registers", "link"] as const;
export const CAPTURE_SOURCES = ["identify", "smart", "error-log", "firmware-log", "registers", "cmdlog"] as const;

/** A list of distinct words; kept sorted, because its order means nothing. */
export function wordList<const T extends [string, ...string[]]>(what: string, words: T, atLeast = 0) {
  return z
    .array(oneOf(what, words), {
      error: (issue) =>
        issue.input === undefined ? `is missing: a list of ${words.join(", ")}` : `is no list: write [${words[0]}]`,
    })
    .min(atLeast, `is empty; allowed: ${words.join(", ")}`)
    .max(words.length * 4)
    .transform((list) => [...new Set(list)].sort());
}

/** Exactly one of them must be there (checked beside the schema, so that the message can say so). */
export const comparisons = {
  eq: limit().optional(),
  ne: limit().optional(),
  lt: limit().optional(),
  le: limit().optional(),
  gt: limit().optional(),
  ge: limit().optional(),
};

export const snapshotBody = mapping("snapshot", {
  id: stepId,
  of: wordList("snapshot source", [...SNAPSHOT_SOURCES], 1).describe("what to read from the drive"),
}).describe("Reads pages of the drive and keeps them; their fields are metrics.");

export const ioworkerBody = mapping("ioworker", {
  id: stepId,
  nsid,
  size: optional(ioSize()).describe(
    "bytes of one I/O, or sizes with weights such as {4KiB: 70, 64KiB: 30}; not with `sequence`",
  ),
  random: percent().prefault("100%").describe("share of I/Os at a random LBA; the others go on sequentially"),
  read: percent().prefault("100%").describe("share of reads; the others write"),
  operations: optional(operationShares()).describe(
    "shares of operations instead of `read`, such as {read: 60%, write: 30%, deallocate: 10%}",
  ),
  sequence: optional(sequenceBody()).describe("commands that are replayed, each at its time, instead of a pattern"),
  depth: integer({ min: 1, max: 65_535 }).prefault(1).describe("commands outstanding, exactly"),
  workers: integer({ min: 1, max: 64 }).prefault(1).describe("side by side, each with its own qpair and seed"),
  region: region().prefault("all").describe("how much of the namespace is used"),
  offset: size().prefault("0B").describe("where the region begins"),
  align: optional(size({ min: 512 })).describe("alignment of random I/Os; default: the I/O size"),
  step: optional(signedSize()).describe(
    "from one sequential I/O's place to the next; default: its size; 0B: always the same place; below 0B: from the end down",
  ),
  distribution: optional(zones()).describe(
    "how the I/Os are spread over the region, such as [{region: 20%, share: 80%}, {region: 80%, share: 20%}]",
  ),
  pattern: optional(patternBody()).describe("what is written; default: random bytes that differ in every sector"),
  iops: optional(integer({ min: 1, max: 100_000_000 })).describe("limit of one worker, I/Os a second"),
  time: optional(duration({ min: 1, max: MAX_STEP_MS })).describe("ends after this time"),
  count: optional(integer({ min: 1 })).describe("ends after this many I/Os of one worker"),
  passes: optional(integer({ min: 1, max: 100_000 })).describe("ends after so many sequential passes over the region"),
  flushEvery: optional(integer({ min: 1 })).describe("a Flush after every so many writes"),
  verify: flag().prefault(false).describe("stamp every write, check every read"),
  exclusive: flag().prefault(false).describe("with `verify`: never two commands at the same LBAs, reads included"),
  skipUncorrectable: flag().prefault(false).describe("leaves LBAs out that were written uncorrectable"),
  priority: optional(integer({ max: 3 })).describe(
    "class of its qpair under weighted round robin: 0 urgent to 3 low; default: 0",
  ),
  polling: optional(oneOf("way of polling", ["busy", "sleep"])).describe("how it waits; default: the driver's"),
  until: optional(oneOf("end of an ioworker", ["power-lost"])).describe("`power-lost`: ends when the power is cut"),
  onError: oneOf("reaction", [...ERROR_ACTIONS])
    .default("stop")
    .describe(
      "what an error status does: `stop` the worker, `count` it, `ignore` it, or `freeze` the drive as it is until an operator releases the run",
    ),
  onStatus: statusActions().prefault({}),
  freezeFor: optional(duration({ min: 1000, max: MAX_STEP_MS })).describe(
    "a freeze ends by itself after this time; default: 7d",
  ),
  after,
  sample: duration({ min: 100, max: 60_000 }).prefault("1s").describe("one sample per interval"),
}).describe("One thread and qpair (or several alike) with one I/O pattern.");

export const verifyBody = mapping("verify", {
  id: stepId,
  nsid,
  written: optional(identifier).describe("the ioworker step whose written LBAs are read; absent: the whole region"),
  region: region().prefault("all"),
  offset: size().prefault("0B"),
  rule: oneOf("rule", ["exact", "durable-or-newer"])
    .default("exact")
    .describe(
      "`exact`: the newest version; `durable-or-newer`: after a power loss, any version from the last durable one",
    ),
}).describe("Reads LBAs back and checks each against what was written.");

export const assertBody = mapping("assert", {
  id: stepId,
  metric: text(200).describe("`<step id>.<metric>` of an earlier step"),
  ...comparisons,
  message: optional(text(500)),
}).describe("Stops the run as failed unless an earlier metric holds.");

export const adminBody = mapping("admin", {
  id: stepId,
  opcode: integer({ max: 0xff }).describe("opcode of a raw admin command"),
  nsid: integer({ max: 0xffffffff }).prefault(0),
  cdw10: cdw(),
  cdw11: cdw(),
  cdw12: cdw(),
  cdw13: cdw(),
  cdw14: cdw(),
  cdw15: cdw(),
  data: size({ max: 2 ** 20 })
    .prefault("0B")
    .describe("bytes of the data buffer"),
  direction: optional(oneOf("direction", ["none", "from-device", "to-device"])).describe(
    "default: from the opcode's two lowest bits",
  ),
  expect: expectedStatus(),
}).describe("One raw admin command and the status that must come back.");

export const resetBody = mapping("reset", {
  id: stepId,
  scope: oneOf("reset scope", [...RESET_SCOPES])
    .default("controller")
    .describe(
      "`controller`: CC.EN 1-0-1; `subsystem`: NSSR; `pcie`: hot reset; `flr`: function level reset; the controller is brought up after each",
    ),
  after,
  readyWithin: optional(duration({ min: 1, max: DAY_MS })).describe("CSTS.RDY = 1 within; default: CAP.TO"),
}).describe("Resets the drive, alone or beside I/O.");

export const formatBody = mapping("format", {
  id: stepId,
  nsid,
  lba: optional(size({ min: 512, max: 65_536 })).describe(
    "LBA data size after the format; absent keeps the present one",
  ),
  metadata: size({ max: 1024 }).prefault("0B").describe("metadata bytes per LBA"),
  extended: flag().prefault(false).describe("metadata follow the data of each LBA in the same buffer"),
  protection: integer({ max: 3 }).prefault(0).describe("type of the protection information, 0 none; needs `metadata`"),
  protectionFirst: flag().prefault(false).describe("it stands first in the metadata, and not last"),
  secureErase: oneOf("secure erase setting", ["none", "user-data", "crypto"]).default("none"),
}).describe("Format NVM: all data of the namespace is gone.");

export const powerBody = mapping("power", {
  id: stepId,
  action: oneOf("power action", ["cut", "restore", "cycle"]),
  after,
  off: duration({ min: 1, max: DAY_MS }).prefault("1s").describe("time without power, for `cycle`"),
  readyWithin: optional(duration({ min: 1, max: DAY_MS })).describe("CSTS.RDY = 1 within; default: CAP.TO"),
}).describe("Switches the power of the slot through its power driver.");

export const waitBody = mapping("wait", { id: stepId, for: lateDuration() }).describe("Lets time pass.");

export const captureBody = mapping("capture", {
  id: stepId,
  of: wordList("capture source", [...CAPTURE_SOURCES], 1).describe("what to keep as evidence"),
}).describe("Keeps evidence in the run, without metrics.");
