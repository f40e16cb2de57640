/** Checks of which commands an ioworker sends: shares of opcodes, or a sequence that is replayed. */

import type { NativeSequence, NativeWorkerOptions } from "../addon/worker";
import { big, finite, flag, integer, object, oneOf, refuse, U32 } from "../check";
import type { NamespaceIdentity } from "../controller/identity";
import { NVM_OPCODE } from "../namespace/nvm-opcodes";
import type { IoWorkerOptions, SequenceStep, WorkerOpcode, WorkerOperation } from "./options";

/** native/core/host/nvm_operation.cc has a line for each of them. */
const { copy: _, ...OPCODES } = NVM_OPCODE;
const NAMED: Set<number> = new Set(Object.values(OPCODES));
const MOVES_DATA: Set<number> = new Set([OPCODES.write, OPCODES.read, OPCODES.compare]);
const CDWS = ["cdw2", "cdw3", "cdw10", "cdw11", "cdw12", "cdw13", "cdw14", "cdw15"] as const;
/** Core limit kMaxSequenceSteps. */
const MAX_SEQUENCE = 1_000_000;
/** 71 minutes was the reference's limit; a thousand hours is a worker's. */
const MAX_AT_US = 1000 * 3600 * 1e6;
const MAX_LBAS = 65_536;

function opcodeOf(name: string, given: unknown): number {
  if (typeof given === "string" && !/^\d+$/.test(given)) {
    return OPCODES[oneOf(name, given as WorkerOpcode, Object.keys(OPCODES) as WorkerOpcode[])];
  }
  return integer(name, typeof given === "string" ? Number(given) : given, 0, 255);
}

function listOf(given: WorkerOperation[] | Record<string, number>): WorkerOperation[] {
  if (Array.isArray(given)) return given;
  if (given === null || typeof given !== "object") refuse("operations must be an array or an object of percentages");
  return Object.entries(given).map(([opcode, percent]) => ({ opcode: opcode as WorkerOpcode, percent }));
}

function checkOperation(name: string, given: WorkerOperation, maxBytes: number): NativeWorkerOptions["operations"][0] {
  const o = object<WorkerOperation>(name, given, ["opcode", "percent", "cdw", "addressed", "data", "dataBytes"]);
  const opcode = opcodeOf(`${name}.opcode`, o.opcode);
  const percent = integer(`${name}.percent`, o.percent, 1, 100);
  const bits = o.cdw === undefined ? {} : object<NonNullable<typeof o.cdw>>(`${name}.cdw`, o.cdw, CDWS);
  const cdw = CDWS.map((word) => integer(`${name}.cdw.${word}`, bits[word] ?? 0, 0, U32));
  if (NAMED.has(opcode)) {
    for (const key of ["addressed", "data", "dataBytes"] as const)
      if (o[key] !== undefined) refuse(`${name}.${key} is for opcodes without a name, ${opcode} has one`);
    return { opcode, percent, cdw };
  }
  const addressed = o.addressed === undefined ? false : flag(`${name}.addressed`, o.addressed);
  const data = o.data === undefined ? "none" : oneOf(`${name}.data`, o.data, ["none", "from-device", "to-device"]);
  if (data !== "none" && !addressed && o.dataBytes === undefined)
    refuse(`${name}.dataBytes is undefined, data that no LBAs give a size needs one`);
  if (o.dataBytes !== undefined && (addressed || data === "none"))
    refuse(`${name}.dataBytes is ${o.dataBytes}, it is for data of a command that is not addressed`);
  const dataBytes = o.dataBytes === undefined ? 0 : integer(`${name}.dataBytes`, o.dataBytes, 4, maxBytes);
  return { opcode, percent, cdw, addressed, data, dataBytes };
}

/** @throws NvmeError ERR_ARGUMENT */
export function checkOperations(
  options: IoWorkerOptions,
  maxBytes: number,
): Pick<NativeWorkerOptions, "operations" | "readPercent"> {
  const given = options.operations;
  if (given === undefined || given === null)
    return { operations: [], readPercent: integer("readPercent", options.readPercent, 0, 100) };
  if (options.readPercent !== undefined) refuse("readPercent and operations exclude one another");
  const operations = listOf(given).map((each, i) => checkOperation(`operations[${i}]`, each, maxBytes));
  const sum = operations.reduce((n, { percent }) => n + percent, 0);
  if (sum !== 100) refuse(`operations add up to ${sum} percent, they must add up to 100`);
  const twice = operations.find(({ opcode }, i) => operations.findIndex((other) => other.opcode === opcode) !== i);
  if (twice !== undefined) refuse(`operations has opcode ${twice.opcode} twice`);
  return { operations, readPercent: 100 };
}

const NOT_WITH_SEQUENCE = [
  "sizeBytes",
  "randomPercent",
  "readPercent",
  "operations",
  "alignLbas",
  "stepLbas",
  "startLba",
  "distribution",
  "iops",
  "passes",
  "flushEvery",
  "skipUncorrectable",
] as const;

/** Four columns, which go to the native side as they are. @throws NvmeError ERR_ARGUMENT */
export function checkSequence(options: IoWorkerOptions, ns: NamespaceIdentity, maxBytes: number): NativeSequence {
  const given = options.sequence as SequenceStep[];
  for (const key of NOT_WITH_SEQUENCE)
    if (options[key] !== undefined && options[key] !== null) refuse(`${key} and sequence exclude one another`);
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_SEQUENCE)
    refuse(`sequence must be an array of 1 to ${MAX_SEQUENCE} commands`);
  const columns: NativeSequence = {
    atNs: new BigUint64Array(given.length),
    opcode: new Uint8Array(given.length),
    slba: new BigUint64Array(given.length),
    lbas: new Uint32Array(given.length),
  };
  let before = 0;
  given.forEach((step, i) => {
    const name = `sequence[${i}]`;
    const o = object<SequenceStep>(name, step, ["atUs", "opcode", "slba", "lbaCount"]);
    if (typeof o.atUs === "number" && o.atUs < 0) refuse(`${name}.atUs is ${o.atUs}, it must not be below 0`);
    if (o.atUs !== 0) finite(`${name}.atUs`, o.atUs, 0, MAX_AT_US);
    if (o.atUs < before) refuse(`${name}.atUs is ${o.atUs}, it must not be before sequence[${i - 1}], ${before}`);
    before = o.atUs;
    const opcode = opcodeOf(`${name}.opcode`, o.opcode);
    if (!NAMED.has(opcode)) refuse(`${name}.opcode is ${opcode}, it must be one of ${Object.keys(OPCODES).join(", ")}`);
    columns.atNs[i] = BigInt(Math.round(o.atUs * 1000));
    columns.opcode[i] = opcode;
    if (opcode === OPCODES.flush) return;
    const slba = big(`${name}.slba`, o.slba, 0n, ns.lbaCount - 1n);
    const room = Number(ns.lbaCount - slba > BigInt(MAX_LBAS) ? MAX_LBAS : ns.lbaCount - slba);
    const most = MOVES_DATA.has(opcode) ? Math.min(room, Math.floor(maxBytes / ns.lbaBytes)) : room;
    columns.slba[i] = slba;
    columns.lbas[i] = integer(`${name}.lbaCount`, o.lbaCount, 1, most);
  });
  return columns;
}
