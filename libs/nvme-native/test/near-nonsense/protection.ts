import type { Bench } from "../bench-drive";
import { type Calls, right } from "./right-call";
import { sector } from "./sample-arguments";

export const protectionCalls = async ({ controller, qpair }: Bench): Promise<Calls> => {
  const ns = await controller.namespace(3);
  const protection = {
    action: false,
    check: ["guard", "application", "reference"],
    referenceTag: 7,
    applicationTag: 1,
    applicationMask: 0,
  };
  return {
    "write with protection": right(
      () => [qpair, 7n, sector(), { metadata: new Uint8Array(8), protection: structuredClone(protection) }],
      (q, slba, data, flags) => ns.write(q, slba, data, flags),
    ),
    "read with protection": right(
      () => [qpair, 7n, sector(), { metadata: new Uint8Array(8), protection: structuredClone(protection) }],
      (q, slba, data, flags) => ns.read(q, slba, data, flags),
    ),
  };
};
