/** From step documents to resolved steps: one binder per kind, one table. */
import { openStep, type StepBody } from "../document/ids";
import type { RandomDuration } from "../document/late";
import type { StepDocument } from "../document/step";
import type { Bound } from "../document/values";
import type { AdminStep, AssertStep, IoWorkerStep, Late, ResolvedStep, StepKind } from "../model";
import type { Path } from "../parse/positions";
import { bindComparison } from "./bind-comparison";
import { bindRegion, checkIoSize, type RegionContext } from "./regions";

/** How long a drive stands frozen when the plan says nothing: a long weekend and a working week. */
export const DEFAULT_FREEZE_MS = 7 * 86_400_000;

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
    return {
      kind: "format",
      id: idOf(body),
      nsid: context.bindings.bind(body.nsid, [...path, "nsid"]),
      lbaBytes,
      metadataBytes: context.bindings.bind(body.metadata, [...path, "metadata"]),
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

function bindIoWorker(body: StepBody<"ioworker">, path: Path, context: StepContext): IoWorkerStep {
  const { bindings } = context;
  const at = (key: string) => [...path, key];
  const region = bindRegion(body, path, context);
  const sizeBytes = Array.isArray(body.size) ? body.size : bindings.bind(body.size, at("size"));
  const sizes = typeof sizeBytes === "number" ? [sizeBytes] : sizeBytes.map(({ bytes }) => bytes);
  for (const size of sizes) checkIoSize(size, region.regionBytes, at("size"), context);
  const alignBytes = bindOptional(body.align, at("align"), context);
  if (alignBytes !== null && alignBytes % context.lbaBytes)
    context.report(at("align"), `align ${alignBytes}B is not a multiple of the LBA size, ${context.lbaBytes}B`);
  return {
    kind: "ioworker",
    id: idOf(body),
    nsid: bindings.bind(body.nsid, at("nsid")),
    sizeBytes,
    randomPercent: bindings.bind(body.random, at("random")),
    readPercent: bindings.bind(body.read, at("read")),
    depth: bindings.bind(body.depth, at("depth")),
    workers: bindings.bind(body.workers, at("workers")),
    ...region,
    alignBytes,
    iops: bindOptional(body.iops, at("iops"), context),
    timeMs: bindOptional(body.time, at("time"), context),
    ioCount: bindOptional(body.count, at("count"), context),
    passes: bindOptional(body.passes, at("passes"), context),
    flushEvery: bindOptional(body.flushEvery, at("flushEvery"), context),
    verify: bindings.bind(body.verify, at("verify")),
    until: body.until,
    onError: body.onError,
    onStatus: body.onStatus,
    freezeMs: mayFreeze(body) ? (bindOptional(body.freezeFor, at("freezeFor"), context) ?? DEFAULT_FREEZE_MS) : null,
    afterMs: bindLate(body.after, at("after"), context),
    sampleMs: bindings.bind(body.sample, at("sample")),
  };
}

function bindAdmin(body: StepBody<"admin">, path: Path, { bindings, report }: StepContext): AdminStep {
  const word = (key: "nsid" | "cdw10" | "cdw11" | "cdw12" | "cdw13" | "cdw14" | "cdw15") =>
    bindings.bind(body[key], [...path, key]);
  const opcode = bindings.bind(body.opcode, [...path, "opcode"]);
  const dataBytes = bindings.bind(body.data, [...path, "data"]);
  const [sct, sc] = body.expect.split("/").map((digits) => Number.parseInt(digits, 16));
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
    expect: { sct: sct ?? 0, sc: sc ?? 0 },
  };
}

function mayFreeze({ onError, onStatus }: StepBody<"ioworker">): boolean {
  return onError === "freeze" || onStatus.some(({ action }) => action === "freeze");
}

/** NVM Express Base 2.0, section 3.3.2: the two lowest bits of an opcode are its data direction. */
function directionOf(opcode: number): AdminStep["direction"] {
  return (["none", "to-device", "from-device", "none"] as const)[opcode & 3]!;
}

function bindOptional(value: Bound<number> | null, path: Path, { bindings }: StepContext): number | null {
  return value === null ? null : bindings.bind(value, path);
}

function bindLate(
  value: Bound<number> | RandomDuration | null,
  path: Path,
  { bindings, report }: StepContext,
): Late<number> | null {
  if (value === null) return null;
  if (typeof value === "number" || !("random" in value)) return bindings.bind(value, path);
  const from = bindings.bind(value.random[0], [...path, "random", 0]);
  const to = bindings.bind(value.random[1], [...path, "random", 1]);
  if (from > to) report([...path, "random"], `the random duration begins at ${from}ms, after its end at ${to}ms`);
  return { random: { from, to } };
}

function idOf(body: { id: string | null }): string {
  if (body.id === null) throw new Error("steps are named before they are bound");
  return body.id;
}
