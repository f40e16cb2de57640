/** Placement identifiers: RGIF upper bits are the reclaim group, the others the placement handle (NVMe Base 2.1, figures 282 and 283). */
import { having, integer } from "../check";
import type { FdpConfiguration } from "./fdp-logs";

const BITS = 16;

/** Of the configuration that is enabled. */
export type IdentifierFormat = Pick<FdpConfiguration, "reclaimGroupBits">;

export interface PlacementParts {
  reclaimGroup: number;
  placementHandle: number;
}

function handleBits(format: IdentifierFormat): number {
  having("configuration", format, ["reclaimGroupBits"]);
  return BITS - integer("configuration.reclaimGroupBits", format.reclaimGroupBits, 0, BITS - 1);
}

/** What a write names as its `placement`. */
export function placementIdentifier(
  configuration: IdentifierFormat,
  placementHandle: number,
  reclaimGroup = 0,
): number {
  const bits = handleBits(configuration);
  const handle = integer("placementHandle", placementHandle, 0, 2 ** bits - 1);
  return integer("reclaimGroup", reclaimGroup, 0, 2 ** (BITS - bits) - 1) * 2 ** bits + handle;
}

/** The reverse of `placementIdentifier`. */
export function placementParts(configuration: IdentifierFormat, identifier: number): PlacementParts {
  const bits = handleBits(configuration);
  integer("identifier", identifier, 0, 0xffff);
  return { reclaimGroup: identifier >>> bits, placementHandle: identifier & (2 ** bits - 1) };
}
