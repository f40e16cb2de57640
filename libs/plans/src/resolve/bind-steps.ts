/** From step documents to resolved steps: one binder per kind, one table. */
import { openStep, type StepBody } from "../document/ids";
import type { StepDocument } from "../document/step";
import type { AdminStep, AssertStep, ResolvedStep, StepKind } from "../model";
import type { Path } from "../parse/positions";
import { bindComparison } from "./bind-comparison";
import {
  bindFirmware,
  bindIo,
  bindNamespace,
  bindSanitize,
  bindSelfTest,
  bindZone,
  statusOf,
} from "./bind-drive-steps";
import { bindIoWorker } from "./bind-ioworker";
import { bindLate, bindOptional, idOf } from "./bind-late";
import { bindRegion, type RegionContext } from "./regions";

/** Changes while the walk goes on: a `format` sets the LBA size of the steps after it. */
export type StepContext = RegionContext;
type Binder<K extends StepKind> = (
  body: StepBody<K>,
  path: Path,
  context: StepContext,
) => Extract<ResolvedStep, { kind: K }>;

const BINDERS: { [K in StepKind]: Binder<K> } = {
  snapshot: (body) => ({ kind: "snapshot", id: idOf(body), of: body.of }),
  capture: (body) => ({ kind: "capture", id: idOf(body), of: body.of }),
  ioworker: bindIoWorker,
  verify: (body, path, context) => ({
    kind: "verify",
    id: idOf(body),
    nsid: context.bindings.bind(body.nsid, [...path, "nsid"]),
    written: body.written,
    ...bindRegion(body, path, context),
    rule: body.rule,
  }),
  assert: (body, path, { bindings }): AssertStep => ({
    kind: "assert",
    id: idOf(body),
    metric: body.metric,
    comparison: bindComparison(body, path, bindings),
    message: body.message,
  }),
  admin: bindAdmin,
  reset: (body, path, context) => ({
    kind: "reset",
    id: idOf(body),
    scope: body.scope,
    afterMs: bindLate(body.after, [...path, "after"], context),
    readyWithinMs: bindOptional(body.readyWithin, [...path, "readyWithin"], context),
  }),
  format: (body, path, context) => {
    const lbaBytes = bindOptional(body.lba, [...path, "lba"], context);
    if (lbaBytes !== null) {
      const offered = context.dut.lbaFormatsBytes;
      if (!offered.includes(lbaBytes))
        context.report(
          [...path, "lba"],
          `the DUT has no LBA format of ${lbaBytes} bytes; it has ${offered.join(", ")}`,
        );
      context.lbaBytes = lbaBytes || context.lbaBytes;
    }
    const protection = context.bindings.bind(body.protection, [...path, "protection"]);
    const metadataBytes = context.bindings.bind(body.metadata, [...path, "metadata"]);
    if (protection > 0 && metadataBytes < 8)
      context.report([...path, "protection"], "protection information needs `metadata` of 8B or more");
    return {
      kind: "format",
      id: idOf(body),
      nsid: context.bindings.bind(body.nsid, [...path, "nsid"]),
      lbaBytes,
      metadataBytes,
      extendedLba: context.bindings.bind(body.extended, [...path, "extended"]),
      protection,
      protectionFirst: context.bindings.bind(body.protectionFirst, [...path, "protectionFirst"]),
      secureErase: body.secureErase,
    };
  },
  power: (body, path, context) => ({
    kind: "power",
    id: idOf(body),
    action: body.action,
    afterMs: bindLate(body.after, [...path, "after"], context),
    offMs: context.bindings.bind(body.off, [...path, "off"]),
    readyWithinMs: bindOptional(body.readyWithin, [...path, "readyWithin"], context),
  }),
  io: bindIo,
  sanitize: bindSanitize,
  "self-test": bindSelfTest,
  namespace: bindNamespace,
  firmware: bindFirmware,
  zone: bindZone,
  wait: (body, path, context) => ({
    kind: "wait",
    id: idOf(body),
    forMs: bindLate(body.for, [...path, "for"], context) ?? 0,
  }),
  repeat: (body, path, context) => ({
    kind: "repeat",
    id: idOf(body),
    times: context.bindings.bind(body.times, [...path, "times"]),
    steps: bindSteps(body.steps, [...path, "steps"], context),
  }),
  parallel: (body, path, context) => ({
    kind: "parallel",
    id: idOf(body),
    steps: bindSteps(body.steps, [...path, "steps"], context),
  }),
};

/** Binds a list in order; `path` is the place of the list in the document. */
export function bindSteps(steps: StepDocument[], path: Path, context: StepContext): ResolvedStep[] {
  return steps.map((step, index) => {
    const { kind, body } = openStep(step);
    const bind = BINDERS[kind] as (body: StepBody<StepKind>, path: Path, context: StepContext) => ResolvedStep;
    return bind(body, [...path, index, kind], context);
  });
}

function bindAdmin(body: StepBody<"admin">, path: Path, { bindings, report }: StepContext): AdminStep {
  const word = (key: "nsid" | "cdw10" | "cdw11" | "cdw12" | "cdw13" | "cdw14" | "cdw15") =>
    bindings.bind(body[key], [...path, key]);
  const opcode = bindings.bind(body.opcode, [...path, "opcode"]);
  const dataBytes = bindings.bind(body.data, [...path, "data"]);
  const direction = body.direction ?? (dataBytes ? directionOf(opcode) : "none");
  if (dataBytes % 4) report([...path, "data"], `data of ${dataBytes}B is not a multiple of 4 bytes`);
  if (dataBytes && direction === "none")
    report([...path, "data"], `opcode ${opcode} moves no data by its two lowest bits: say \`direction\``);
  if (!dataBytes && direction !== "none")
    report([...path, "direction"], `\`direction: ${direction}\` needs \`data\`, the size of the buffer`);
  return {
    kind: "admin",
    id: idOf(body),
    opcode,
    nsid: word("nsid"),
    cdw10: word("cdw10"),
    cdw11: word("cdw11"),
    cdw12: word("cdw12"),
    cdw13: word("cdw13"),
    cdw14: word("cdw14"),
    cdw15: word("cdw15"),
    dataBytes,
    direction,
    expect: statusOf(body.expect),
  };
}

/** NVM Express Base 2.0, section 3.3.2: the two lowest bits of an opcode are its data direction. */
function directionOf(opcode: number): AdminStep["direction"] {
  return (["none", "to-device", "from-device", "none"] as const)[opcode & 3]!;
}
