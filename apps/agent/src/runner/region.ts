import type { NamespaceIdentity } from "@assay/nvme-native";
import { PlanMisfit } from "./step-errors";

export interface LbaRegion {
  regionStartLba: bigint;
  regionLbas: bigint;
}

/** A region in LBAs of the namespace as it is formatted now. Pure. @throws PlanMisfit with the sizes that do not fit */
export function regionInLbas(
  region: { regionOffsetBytes: number; regionBytes: number | null },
  ns: Pick<NamespaceIdentity, "lbaBytes" | "lbaCount">,
): LbaRegion {
  const lba = BigInt(ns.lbaBytes);
  const capacity = ns.lbaCount * lba;
  const start = BigInt(region.regionOffsetBytes);
  const length = region.regionBytes === null ? capacity - start : BigInt(region.regionBytes);
  if (start % lba !== 0n || length % lba !== 0n)
    throw new PlanMisfit(`region ${start}+${length} bytes is not a multiple of the LBA size ${lba}`);
  if (length <= 0n || start + length > capacity)
    throw new PlanMisfit(`region ${start}+${length} bytes does not fit into the namespace's ${capacity} bytes`);
  return { regionStartLba: start / lba, regionLbas: length / lba };
}

/** What two regions have in common. Pure. @throws PlanMisfit when that is nothing */
export function intersection(a: LbaRegion, b: LbaRegion): LbaRegion {
  const [start] = [a.regionStartLba, b.regionStartLba].sort(descending);
  const [, end] = [a.regionStartLba + a.regionLbas, b.regionStartLba + b.regionLbas].sort(descending);
  if (start === undefined || end === undefined || end <= start)
    throw new PlanMisfit("the region to verify and the region that was written have no LBA in common");
  return { regionStartLba: start, regionLbas: end - start };
}

const descending = (x: bigint, y: bigint) => Number(y - x);

/** Bytes as LBAs. Pure. @throws PlanMisfit */
export function bytesInLbas(what: string, bytes: number, lbaBytes: number): number {
  if (bytes % lbaBytes !== 0)
    throw new PlanMisfit(`${what} of ${bytes} bytes is not a multiple of the LBA size ${lbaBytes}`);
  return bytes / lbaBytes;
}
