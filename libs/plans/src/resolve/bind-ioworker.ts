/** An ioworker of the document bound to one DUT. */
import type { StepBody } from "../document/ids";
import type { Zone } from "../document/worker-values";
import type { IoWorkerStep } from "../model";
import type { Path } from "../parse/positions";
import { bindLate, bindOptional, idOf } from "./bind-late";
import { bindRegion, checkIoSize, type RegionContext } from "./regions";

/** How long a drive stands frozen when the plan says nothing: a long weekend and a working week. */
export const DEFAULT_FREEZE_MS = 7 * 86_400_000;
const SECTIONS = 100;
/** What the shares of all sections add up to. */
const ALL_SHARES = 10_000;

type Body = StepBody<"ioworker">;

export function bindIoWorker(body: Body, path: Path, context: RegionContext): IoWorkerStep {
  const { bindings } = context;
  const at = (key: string) => [...path, key];
  const region = bindRegion(body, path, context);
  const sizeBytes = body.size === null || Array.isArray(body.size) ? body.size : bindings.bind(body.size, at("size"));
  const sizes = typeof sizeBytes === "number" ? [sizeBytes] : (sizeBytes ?? []).map(({ bytes }) => bytes);
  for (const size of sizes) checkIoSize(size, region.regionBytes, at("size"), context);
  const alignBytes = bindOptional(body.align, at("align"), context);
  for (const [key, bytes] of [
    ["align", alignBytes],
    ["step", body.step],
  ] as const)
    if (bytes !== null && bytes % context.lbaBytes)
      context.report(at(key), `${key} ${bytes}B is not a multiple of the LBA size, ${context.lbaBytes}B`);
  return {
    kind: "ioworker",
    id: idOf(body),
    nsid: bindings.bind(body.nsid, at("nsid")),
    sizeBytes,
    randomPercent: bindings.bind(body.random, at("random")),
    readPercent: bindings.bind(body.read, at("read")),
    operations: bindOperations(body, at("operations"), context),
    sequence: bindSequence(body, at("sequence"), context),
    depth: bindings.bind(body.depth, at("depth")),
    workers: bindings.bind(body.workers, at("workers")),
    ...region,
    alignBytes,
    stepBytes: body.step,
    distribution: bindDistribution(body.distribution, at("distribution"), context),
    pattern: bindPattern(body.pattern, at("pattern"), context),
    iops: bindOptional(body.iops, at("iops"), context),
    timeMs: bindOptional(body.time, at("time"), context),
    ioCount: bindOptional(body.count, at("count"), context),
    passes: bindOptional(body.passes, at("passes"), context),
    flushEvery: bindOptional(body.flushEvery, at("flushEvery"), context),
    verify: bindings.bind(body.verify, at("verify")),
    exclusive: bindings.bind(body.exclusive, at("exclusive")),
    skipUncorrectable: bindings.bind(body.skipUncorrectable, at("skipUncorrectable")),
    priority: bindOptional(body.priority, at("priority"), context),
    polling: body.polling,
    until: body.until,
    onError: body.onError,
    onStatus: body.onStatus,
    freezeMs: mayFreeze(body) ? (bindOptional(body.freezeFor, at("freezeFor"), context) ?? DEFAULT_FREEZE_MS) : null,
    afterMs: bindLate(body.after, at("after"), context),
    sampleMs: bindings.bind(body.sample, at("sample")),
  };
}

function mayFreeze({ onError, onStatus }: Body): boolean {
  return onError === "freeze" || onStatus.some(({ action }) => action === "freeze");
}

function bindOperations({ operations }: Body, path: Path, { bindings, report }: RegionContext) {
  if (operations === null) return null;
  const bound = operations.map(({ operation, percent }) => ({
    operation,
    percent: bindings.bind(percent, [...path, operation]),
  }));
  const sum = bound.reduce((total, { percent }) => total + percent, 0);
  if (sum !== 100) report(path, `operations add up to ${sum}%, they must add up to 100%`);
  return bound;
}

function bindSequence({ sequence }: Body, path: Path, { bindings, dut, lbaBytes, report }: RegionContext) {
  if (sequence === null) return null;
  const lbas = Math.floor(dut.capacityBytes / lbaBytes);
  let beforeUs = 0;
  return sequence.map(({ at, operation, lba, count }, n) => {
    const bound = {
      atUs: bindings.bind(at, [...path, n, "at"]) * 1000,
      operation,
      lba: bindings.bind(lba, [...path, n, "lba"]),
      lbaCount: bindings.bind(count, [...path, n, "count"]),
    };
    if (bound.atUs < beforeUs) report([...path, n, "at"], "comes before the command in front of it");
    beforeUs = bound.atUs;
    if (bound.lba + bound.lbaCount > lbas)
      report([...path, n, "lba"], `LBA ${bound.lba} +${bound.lbaCount} lies beyond the DUT, which has ${lbas} LBAs`);
    return bound;
  });
}

/** Each hundredth of the region takes its part of its zone's share; what does not divide goes to the first ones. */
function bindDistribution(given: Zone[] | null, path: Path, { bindings, report }: RegionContext): number[] | null {
  if (given === null) return null;
  const zones = given.map(({ region, share }, n) => ({
    sections: bindings.bind(region, [...path, n, "region"]),
    share: Math.round((bindings.bind(share, [...path, n, "share"]) * ALL_SHARES) / 100),
  }));
  const shares = zones.flatMap(({ sections, share }) =>
    Array.from({ length: sections }, (_, n) => Math.floor(share / sections) + (n < share % sections ? 1 : 0)),
  );
  const sum = shares.reduce((total, one) => total + one, 0);
  if (shares.length === SECTIONS && sum === ALL_SHARES) return shares;
  report(path, `regions add up to ${shares.length}% and shares to ${sum / 100}%, both must be 100%`);
  return Array.from({ length: SECTIONS }, () => ALL_SHARES / SECTIONS);
}

function bindPattern(body: Body["pattern"], path: Path, context: RegionContext): IoWorkerStep["pattern"] {
  if (body === null) return null;
  const value = bindOptional(body.value, [...path, "value"], context);
  const compressPercent = bindOptional(body.compress, [...path, "compress"], context);
  if (body.kind === "random") {
    if (value !== null) context.report([...path, "value"], "`value` belongs to `kind: constant`");
    return { kind: "random", compressPercent: compressPercent ?? 0 };
  }
  if (compressPercent !== null) context.report([...path, "compress"], "`compress` belongs to `kind: random`");
  if (value === null) context.report(path, "`kind: constant` needs a `value`, a 32-bit word");
  return { kind: "constant", value: value ?? 0 };
}
