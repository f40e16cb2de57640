/** Regions and sizes against the DUT's facts. */
import type { Region } from "../document/late";
import { showQuantity } from "../document/units";
import type { Bound } from "../document/values";
import type { DutFacts } from "../model";
import type { Path } from "../parse/positions";
import type { Bindings, Report } from "./bindings";

/** A share of the capacity is rounded down to this, so that it is whole LBAs of every format. */
const REGION_GRAIN_BYTES = 64 * 1024;

export interface RegionContext {
  bindings: Bindings;
  dut: DutFacts;
  /** LBA data size at this step: the DUT's, or that of the last `format` before it. */
  lbaBytes: number;
  report: Report;
}

const bytes = (value: number) => showQuantity("size", value);

/** Binds `offset` and `region`; a region that does not fit is a problem that names both sizes. */
export function bindRegion(
  body: { region: Region; offset: Bound<number> },
  path: Path,
  context: RegionContext,
): { regionOffsetBytes: number; regionBytes: number | null } {
  const { dut, bindings, report, lbaBytes } = context;
  const offset = bindings.bind(body.offset, [...path, "offset"]);
  const region = regionBytes(body.region, path, context);
  if (offset % lbaBytes)
    report([...path, "offset"], `offset ${bytes(offset)} is not a multiple of the LBA size, ${bytes(lbaBytes)}`);
  if (offset >= dut.capacityBytes)
    report([...path, "offset"], `offset ${bytes(offset)} lies beyond the DUT, which has ${bytes(dut.capacityBytes)}`);
  else if (region !== null && offset + region > dut.capacityBytes) {
    const from = offset ? ` from ${bytes(offset)}` : "";
    report(
      [...path, "region"],
      `region ${bytes(region)}${from} is larger than the DUT, which has ${bytes(dut.capacityBytes)}; \`region: all\` takes what there is`,
    );
  }
  if (region !== null && region % lbaBytes)
    report([...path, "region"], `region ${bytes(region)} is not a multiple of the LBA size, ${bytes(lbaBytes)}`);
  return { regionOffsetBytes: offset, regionBytes: region };
}

function regionBytes(region: Region, path: Path, { bindings, dut, report }: RegionContext): number | null {
  if (region === "all") return null;
  if (typeof region === "number" || "reference" in region) return bindings.bind(region, [...path, "region"]);
  const share = Math.floor((dut.capacityBytes * region.percent) / 100 / REGION_GRAIN_BYTES) * REGION_GRAIN_BYTES;
  if (share > 0) return share;
  report(
    [...path, "region"],
    `${region.percent}% of ${bytes(dut.capacityBytes)} is less than ${bytes(REGION_GRAIN_BYTES)}`,
  );
  // A region that holds every I/O size, so that one mistake is one problem.
  return dut.capacityBytes;
}

/** Reports an I/O size that this DUT cannot do at this step. */
export function checkIoSize(
  size: number,
  regionBytes: number | null,
  path: Path,
  { lbaBytes, dut, report }: RegionContext,
): void {
  if (size % lbaBytes) report(path, `size ${bytes(size)} is not a multiple of the LBA size, ${bytes(lbaBytes)}`);
  const room = regionBytes ?? dut.capacityBytes;
  if (size > room) report(path, `size ${bytes(size)} is larger than the region, ${bytes(room)}`);
}
