import { ZonedNamespace } from "../../src";
import type { Bench } from "../bench-drive";
import { type Calls, right } from "./right-call";
import { sector } from "./sample-arguments";

export const zoneCalls = async ({ controller, qpair }: Bench): Promise<Calls> => {
  const zns = await ZonedNamespace.of(controller, await controller.namespace(2));
  return {
    reportZones: right(
      () => [qpair, { fromLba: 0n, state: "empty", limit: 2, partial: true, extended: false }],
      (q, options) => zns.reportZones(q, options),
    ),
    zone: right(
      () => [qpair, 0n, { extended: false }],
      (q, lba, options) => zns.zone(q, lba, options),
    ),
    append: right(
      () => [qpair, 0n, sector(), { fua: true }],
      (q, lba, data, flags) => zns.append(q, lba, data, flags),
    ),
    act: right(
      () => [qpair, "open", 0n],
      (q, action, lba) => zns.act(q, action, lba),
    ),
  };
};
