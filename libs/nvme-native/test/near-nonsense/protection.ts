import { setExtendedFormats } from "../../src";
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
  const tagged = await controller.namespace(5);
  const tags = { ...protection, check: [...protection.check, "storage"], storageTag: 5n, referenceTag: 7n };
  const beside = () => ({ metadata: new Uint8Array(16), protection: structuredClone(tags) });
  const source = { slba: 7n, lbaCount: 1, referenceTag: 7n, storageTag: 5n, applicationTag: 1, applicationMask: 0 };
  return {
    "write with a storage tag": right(
      () => [qpair, 7n, new Uint8Array(4096), beside()],
      (q, slba, data, flags) => tagged.write(q, slba, data, flags),
    ),
    "copy with storage tags": right(
      () => [
        qpair,
        [{ ...source }],
        9n,
        { check: ["storage"], protection: { action: true, storageTag: 5n }, descriptorFormat: 1 },
      ],
      (q, sources, destination, flags) => tagged.copy(q, sources, destination, flags),
    ),
    "write zeroes with a storage tag": right(
      () => [qpair, 7n, 1, { protection: { action: true, storageTag: 5n } }],
      (q, slba, count, flags) => tagged.writeZeroes(q, slba, count, flags),
    ),
    setExtendedFormats: right(() => [controller, true], setExtendedFormats),
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
