/** Checks of where an ioworker's writes are placed (Flexible Data Placement). */
import type { NativeWorkerOptions } from "../addon/worker";
import { integer, object, refuse } from "../check";
import type { IoWorkerOptions } from "./options";

/** Core limit kMaxPlacements. */
const MAX_PLACEMENTS = 512;
const MAX_WEIGHT = 1_000_000;
/** DTYPE of CDW12. */
const DIRECTIVE = 0x00f0_0000;

/** @throws NvmeError ERR_ARGUMENT */
export function checkPlacement(options: IoWorkerOptions): NativeWorkerOptions["placement"] {
  const given = options.placement;
  if (given === undefined || given === null) return [];
  if (Array.isArray(options.operations)) {
    const directed = options.operations.findIndex(({ cdw }) => ((cdw?.cdw12 ?? 0) & DIRECTIVE) !== 0);
    if (directed >= 0) refuse(`operations[${directed}].cdw has a directive, which placement is as well`);
  }
  if (!Array.isArray(given)) return [{ identifier: integer("placement", given, 0, 0xffff), weight: 1 }];
  if (given.length === 0 || given.length > MAX_PLACEMENTS)
    refuse(`placement must be a placement identifier, or an array of 1 to ${MAX_PLACEMENTS} of them`);
  return given.map((each, i) => {
    const name = `placement[${i}]`;
    if (typeof each === "number") return { identifier: integer(name, each, 0, 0xffff), weight: 1 };
    const o = object<{ identifier: number; weight: number }>(name, each, ["identifier", "weight"]);
    return {
      identifier: integer(`${name}.identifier`, o.identifier, 0, 0xffff),
      weight: integer(`${name}.weight`, o.weight, 1, MAX_WEIGHT),
    };
  });
}
