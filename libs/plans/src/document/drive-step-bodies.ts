/** Bodies of the steps that send the drive one command, or one command and wait for what it began. */

import { expectedStatus, MAX_STEP_MS, nsid, optional, stepId } from "./step-values";
import { duration, flag, integer, mapping, oneOf, size } from "./values";
import { OPERATIONS } from "./worker-values";

export const IO_OPERATIONS = [...OPERATIONS, "copy"] as const;
export const SANITIZE_ACTIONS = ["block-erase", "overwrite", "crypto-erase", "exit-failure"] as const;
export const SELF_TESTS = ["short", "extended"] as const;
export const NAMESPACE_ACTIONS = ["create", "delete", "attach", "detach"] as const;

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
