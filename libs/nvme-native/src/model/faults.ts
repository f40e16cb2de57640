/**
 * The defects of a software drive: one table of kinds, one shape of rule, checked and handed to native/model/faults.
 * native/model/faults/fault_kinds.h has the same names.
 */

import type { NativeFault } from "../addon/drive-spec";
import { big, finite, flag, integer, object, oneOf, refuse, U32, U64 } from "../check";
import type { ModelFault, ModelFaultKind, ModelFaultRule } from "./fault-spec";

export const MAX_FAULTS = 16;
const MAX_MS = 3_600_000;
const UNLIMITED = (1n << 64n) - 1n;
const PER_BILLION = 1_000_000_000;
const RULE_KEYS = ["when", "where", "times", "everyNth", "probability", "seed"] as const;

type Check = (name: string, value: unknown) => number;
const between =
  (min: number, max: number): Check =>
  (name, value) =>
    integer(name, value, min, max);
const ms = between(1, MAX_MS);
const yes: Check = (name, value) => (flag(name, value) ? 1 : 0);
/** A parameter with a default may be left out. */
interface Parameter {
  check: Check;
  field?: keyof NativeFault;
  default?: number | boolean;
}

interface FaultKind {
  parameters?: Record<string, Parameter>;
  /** How often it acts when the rule does not say it: once, or at every candidate. */
  acts: "once" | "always";
  /** Conditions that may stand beside `kind` instead of in `when` and `where` (the first host files had them there). */
  flat?: readonly ("afterCommands" | "afterWrites" | "opcode" | "slba" | "lbaCount")[];
}

export const FAULT_KINDS: Record<ModelFaultKind, FaultKind> = {
  "silent-corruption": { acts: "always", flat: ["afterWrites"] },
  "flush-lies": { acts: "always" },
  "bad-status": {
    acts: "once",
    flat: ["opcode", "slba", "lbaCount"],
    parameters: { sct: { check: between(0, 7) }, sc: { check: between(0, 255) } },
  },
  stall: { acts: "once", flat: ["afterCommands"], parameters: { ms: { check: ms } } },
  "lost-completion": { acts: "once", flat: ["afterCommands"] },
  "slow-ready": { acts: "always", parameters: { ms: { check: ms } } },
  "failed-activation": { acts: "once" },
  "bit-flip": { acts: "once", parameters: { bits: { check: between(1, 32), field: "amount", default: 1 } } },
  "swapped-lbas": { acts: "once" },
  "stale-data": { acts: "once" },
  "torn-write": { acts: "once" },
  "zeroed-data": { acts: "once" },
  "late-completion": { acts: "once", parameters: { ms: { check: ms } } },
  "duplicate-completion": { acts: "once" },
  "wrong-cid": { acts: "once" },
  "controller-fatal": { acts: "once" },
  "surprise-removal": { acts: "once", parameters: { ms: { check: between(0, MAX_MS), default: 0 } } },
  "wear-out": { acts: "always", parameters: { driveWrites: { check: between(1, 1_000_000), field: "amount" } } },
  "torn-at-power-loss": { acts: "always" },
  "torn-read": { acts: "always", parameters: { aboveUnit: { check: yes, field: "amount", default: false } } },
};

function chance(name: string, value: unknown): number {
  return Math.max(1, Math.round(finite(name, value, 0, 1) * PER_BILLION));
}

function decimal(name: string, value: unknown): bigint {
  if (typeof value !== "string" || !/^\d{1,20}$/.test(value)) refuse(`${name} must be a decimal text`);
  return big(name, BigInt(value), 0n, U64);
}

type Given = { kind: ModelFaultKind } & ModelFaultRule & Record<string, unknown>;

/** `faults[i]` as the addon takes it. @throws NvmeError ERR_ARGUMENT, naming argument, value and limit */
export function checkFault(value: ModelFault, i: number): NativeFault {
  const name = `faults[${i}]`;
  const kinds = Object.keys(FAULT_KINDS) as ModelFaultKind[];
  const kind = oneOf(`${name}.kind`, (value as ModelFault | null)?.kind, kinds);
  const { parameters = {}, acts, flat = [] } = FAULT_KINDS[kind];
  const fault = object<Given>(name, value as Given, ["kind", ...Object.keys(parameters), ...flat, ...RULE_KEYS]);
  const when = object("when", { ...fault.when }, ["afterCommands", "afterWrites", "opcode"]) as Record<string, unknown>;
  const where = object("where", { ...fault.where }, ["slba", "lbaCount"]) as Record<string, unknown>;
  const condition = (key: (typeof flat)[number], group: string, given: Record<string, unknown>): [string, unknown] =>
    flat.includes(key) && fault[key] !== undefined
      ? [`${name}.${key}`, fault[key]]
      : [`${name}.${group}.${key}`, given[key]];
  const count = ([key, given]: [string, unknown], fallback: number, min: number) =>
    given === undefined ? fallback : integer(key, given, min, Number.MAX_SAFE_INTEGER);
  const opcode = condition("opcode", "when", when);
  const slba = condition("slba", "where", where);
  const lbaCount = condition("lbaCount", "where", where);
  const somewhere = slba[1] !== undefined || lbaCount[1] !== undefined;
  const repeats = fault.everyNth !== undefined || fault.probability !== undefined || acts === "always";
  const native: NativeFault = {
    kind,
    hasOpcode: opcode[1] !== undefined,
    opcode: opcode[1] === undefined ? 0 : integer(opcode[0], opcode[1], 0, 255),
    afterCommands: count(condition("afterCommands", "when", when), 0, 0),
    afterWrites: count(condition("afterWrites", "when", when), 0, 0),
    slba: somewhere ? decimal(...slba) : 0n,
    lbaCount: somewhere ? BigInt(integer(lbaCount[0], lbaCount[1], 1, Number.MAX_SAFE_INTEGER)) : 0n,
    everyNth: fault.everyNth === undefined ? 1 : integer(`${name}.everyNth`, fault.everyNth, 1, U32),
    perBillion: fault.probability === undefined ? PER_BILLION : chance(`${name}.probability`, fault.probability),
    seed: BigInt(count([`${name}.seed`, fault.seed], i, 0)),
    times: repeats && fault.times === undefined ? UNLIMITED : BigInt(count([`${name}.times`, fault.times], 1, 1)),
    sct: 0,
    sc: 0,
    ms: 0,
    amount: 0,
  };
  for (const [key, parameter] of Object.entries(parameters)) {
    const given = fault[key] ?? parameter.default;
    Object.assign(native, { [parameter.field ?? key]: parameter.check(`${name}.${key}`, given) });
  }
  return native;
}
