import { FlexibleDataPlacement, Placement, placementIdentifier, placementParts } from "../../src";
import type { Bench } from "../bench-drive";
import { type Calls, right } from "./right-call";
import { sector } from "./sample-arguments";

export const placementCalls = ({ controller, ns, qpair }: Bench): Calls => {
  const group = new FlexibleDataPlacement(controller, 1);
  const placement = new Placement(controller, ns);
  return {
    "enable Flexible Data Placement": right(
      () => [0],
      (index) => group.enable(index),
    ),
    "events of Flexible Data Placement": right(
      () => ["host"],
      (of) => group.events(of),
    ),
    "enable the directive": right(
      () => [true],
      (enabled) => placement.enable(enabled),
    ),
    reclaimUnitHandles: right(
      () => [qpair, { limit: 4 }],
      (q, options) => placement.reclaimUnitHandles(q, options),
    ),
    updateReclaimUnitHandles: right(
      () => [qpair, [0, 1]],
      (q, identifiers) => placement.updateReclaimUnitHandles(q, identifiers),
    ),
    "events of a placement handle": right(
      () => [0],
      (handle) => placement.events(handle),
    ),
    setEvents: right(
      () => [0, ["mediaReallocated", 3], { enabled: true, save: false }],
      (handle, types, options) => placement.setEvents(handle, types, options),
    ),
    placementIdentifier: right(
      () => [{ reclaimGroupBits: 2 }, 1, 3],
      (configuration, handle, reclaimGroup) => placementIdentifier(configuration, handle, reclaimGroup),
    ),
    placementParts: right(
      () => [{ reclaimGroupBits: 2 }, 0xc001],
      (configuration, identifier) => placementParts(configuration, identifier),
    ),
    "write with a placement": right(
      () => [qpair, 0n, sector(), { placement: 1 }],
      (q, slba, data, flags) => ns.write(q, slba, data, flags),
    ),
  };
};
