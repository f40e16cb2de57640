import type { Bench } from "../bench-drive";
import { type Calls, right } from "./right-call";
import { page } from "./sample-arguments";

export const keyValueCalls = async ({ controller, qpair }: Bench): Promise<Calls> => {
  const keys = await controller.keyValueNamespace(4);
  return {
    keyValueNamespace: right(
      () => [4],
      (nsid) => controller.keyValueNamespace(nsid),
    ),
    store: right(
      () => [qpair, "key", page(), { mustExist: false, mustNotExist: false, uncompressed: true }],
      (q, key, value, options) => keys.store(q, key, value, options),
    ),
    retrieve: right(
      () => [qpair, Uint8Array.of(1, 2), { bytes: 512, raw: true }],
      (q, key, options) => keys.retrieve(q, key, options),
    ),
    delete: right(
      () => [qpair, "key"],
      (q, key) => keys.delete(q, key),
    ),
    exists: right(
      () => [qpair, "key"],
      (q, key) => keys.exists(q, key),
    ),
    listPage: right(
      () => [qpair, { from: "key", bytes: 512 }],
      (q, options) => keys.listPage(q, options),
    ),
    list: right(
      () => [qpair, { from: "key", bytes: 512 }],
      (q, options) => keys.list(q, options).next(),
    ),
    flush: right(
      () => [qpair],
      (q) => keys.flush(q),
    ),
    io: right(
      () => [qpair, { opcode: 0x02, cdw2: 1, cdw10: 512, cdw11: 1 }, page(), "from-device"],
      (q, command, data, direction) => keys.io(q, command, data, direction),
    ),
  };
};
