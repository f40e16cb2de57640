/** Bodies of the steps that send the drive one command, or one command and wait for what it began. */

import { DAY_MS, expectedStatus, MAX_STEP_MS, nsid, optional, stepId } from "./step-values";
import { duration, flag, integer, mapping, oneOf, size, word } from "./values";
import { OPERATIONS } from "./worker-values";

export const IO_OPERATIONS = [...OPERATIONS, "copy"] as const;
export const SANITIZE_ACTIONS = ["block-erase", "overwrite", "crypto-erase", "exit-failure"] as const;
export const SELF_TESTS = ["short", "extended"] as const;
export const NAMESPACE_ACTIONS = ["create", "delete", "attach", "detach"] as const;

export const FIRMWARE_ACTIVATIONS = ["reset", "now", "none"] as const;
export const RESET_SCOPES = ["controller", "subsystem", "pcie", "flr"] as const;
export const ZONE_ACTIONS = ["report", "open", "close", "finish", "reset", "offline", "append"] as const;

/** Forms of texts that a parameter may bring, checked again when it is bound. */
export const TEXT_FORMS = {
  image: { pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, what: "a file name: letters, digits, `.`, `_`, `-`" },
  sha256: { pattern: /^[0-9a-f]{64}$/, what: "a SHA-256: 64 lower-case hexadecimal digits in quotes" },
  revision: {
    pattern: /^[\x21-\x7e]([\x20-\x7e]{0,6}[\x21-\x7e])?$/,
    what: "a firmware revision: up to 8 printable characters",
  },
} as const;
const formed = (name: keyof typeof TEXT_FORMS) => optional(word(TEXT_FORMS[name].pattern, TEXT_FORMS[name].what));

export const ioBody = mapping("io", {
  id: stepId,
  nsid,
  operation: oneOf("operation", [...IO_OPERATIONS]),
  lba: integer().prefault(0).describe("first LBA; not of a flush"),
  count: integer({ min: 1, max: 65_536 }).prefault(1).describe("LBAs; not of a flush"),
  to: optional(integer()).describe("first LBA that a `copy` writes"),
  fua: flag().prefault(false).describe("of read, write, writeZeroes and copy: on the medium when it is acknowledged"),
  value: integer({ max: 0xffffffff })
    .prefault(0)
    .describe("32-bit word that a write's data are made of, and a compare's"),
  expect: expectedStatus(),
}).describe("One NVM command and the status that must come back.");

export const sanitizeBody = mapping("sanitize", {
  id: stepId,
  action: oneOf("sanitize action", [...SANITIZE_ACTIONS]),
  passes: integer({ min: 1, max: 16 }).prefault(1).describe("of an `overwrite`"),
  pattern: integer({ max: 0xffffffff }).prefault(0).describe("32-bit word of an `overwrite`"),
  invert: flag().prefault(false).describe("inverts the pattern from pass to pass"),
  deallocate: flag().prefault(true).describe("false: No-Deallocate After Sanitize"),
  within: duration({ min: 1000, max: MAX_STEP_MS }).prefault("24h").describe("it must be over within"),
}).describe("Sanitize, and waiting until it is over (log 81h): all data of the whole drive is gone.");

export const selfTestBody = mapping("self-test", {
  id: stepId,
  test: oneOf("self-test", [...SELF_TESTS]).default("short"),
  nsid: optional(integer({ min: 1, max: 0xffffffff })).describe("one namespace; absent: all of them"),
  within: duration({ min: 1000, max: MAX_STEP_MS }).prefault("24h").describe("it must be over within"),
}).describe("Device Self-test, and waiting until it is over (log 06h). It fails the run unless it ends without error.");

export const namespaceBody = mapping("namespace", {
  id: stepId,
  action: oneOf("namespace action", [...NAMESPACE_ACTIONS]),
  nsid: optional(integer({ min: 1, max: 0xffffffff })).describe(
    "of all but `create`, whose drive chooses it; 0xffffffff deletes all",
  ),
  size: optional(size({ min: 512 })).describe("of `create`; absent: all capacity that no namespace has"),
  lba: optional(size({ min: 512, max: 65_536 })).describe("LBA data size of `create`; absent: that of LBA format 0"),
  metadata: size({ max: 1024 }).prefault("0B").describe("metadata bytes per LBA of `create`"),
  protection: integer({ max: 3 }).prefault(0).describe("type of the protection information of `create`, 0 none"),
  expect: expectedStatus(),
}).describe("Namespace Management and Attachment. `create` attaches the new one to this controller as well.");

export const firmwareBody = mapping("firmware", {
  id: stepId,
  image: formed("image").describe(
    "file in the folder `firmware` beside the host's file, sent to the drive; absent: what is in `slot` already (to go back)",
  ),
  sha256: formed("sha256").describe("of the image; another one is not sent"),
  slot: integer({ max: 7 }).prefault(0).describe("firmware slot; 0: the drive chooses"),
  activate: oneOf("activation", [...FIRMWARE_ACTIVATIONS])
    .default("reset")
    .describe("`reset`: by a reset that the step makes; `now`: without one; `none`: only stored"),
  resetBy: optional(oneOf("reset scope", [...RESET_SCOPES])).describe(
    "the reset that activates; default: the one that the drive's answer asks for",
  ),
  revision: formed("revision").describe("that Identify must tell when it is active"),
  readyWithin: optional(duration({ min: 1, max: DAY_MS })).describe(
    "CSTS.RDY = 1 within, after the reset; default: CAP.TO",
  ),
  expect: expectedStatus().describe(
    "the status of Firmware Commit; a need for a reset (01/0b, 01/10, 01/11) is a success. With another one nothing is activated",
  ),
}).describe(
  "Firmware Image Download, Commit and activation. It fails the run unless the drive tells afterwards that the slot is active and runs what is in it.",
);

export const zoneBody = mapping("zone", {
  id: stepId,
  nsid,
  action: oneOf("zone action", [...ZONE_ACTIONS]),
  zone: optional(integer()).describe("number of the zone from 0; absent: all zones (not of `append`)"),
  count: integer({ min: 1, max: 65_536 }).prefault(1).describe("LBAs of an `append`"),
  value: integer({ max: 0xffffffff }).prefault(0).describe("32-bit word that the data of an `append` are made of"),
  expect: expectedStatus(),
}).describe("One command to a zone, or to all of them, and what the drive reports of them afterwards (ZNS).");
