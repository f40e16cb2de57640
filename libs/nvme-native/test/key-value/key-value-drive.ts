/** A drive with blocks in namespace 1, keys and values in namespace 2, and words for what its commands end with. */
import type { KeyValueNamespace, ModelDriveSpec, ModelKeyValue } from "../../src";
import { statusText } from "../../src";
import { type Bench, withDrive } from "../bench-drive";

export const MIB = 1n << 20n;
export const STATUS = {
  invalidOpcode: "00/01",
  invalidField: "00/02",
  writeProtected: "00/20",
  capacityExceeded: "00/81",
  conflict: "00/83",
  invalidValueSize: "00/85",
  invalidKeySize: "00/86",
  noKey: "00/87",
  unrecovered: "00/88",
  keyExists: "00/89",
} as const;
export const OK = "00/00";

export interface KeyValueBench extends Bench {
  keys: KeyValueNamespace;
  /** The status of a store. */
  store: (key: string | Uint8Array, value: Uint8Array | string) => Promise<string>;
  /** The value as text, or the status. */
  fetch: (key: string | Uint8Array) => Promise<string>;
  listed: () => Promise<string[]>;
}

export const keyValueSpec = (keyValue: ModelKeyValue = {}, capacityBytes = 4n * MIB): Partial<ModelDriveSpec> => ({
  capacityBytes: 16n * MIB,
  namespaces: [
    { capacityBytes: 4n * MIB, lbaBytes: 512 },
    { capacityBytes, keyValue },
  ],
});

export const withKeys = (spec: Partial<ModelDriveSpec>, body: (bench: KeyValueBench) => Promise<void>) =>
  withDrive({ spec: { ...keyValueSpec(), ...spec } }, async (bench) => {
    const { controller, qpair } = bench;
    const keys = await controller.keyValueNamespace(2);
    const bytesOf = (value: Uint8Array | string) => (typeof value === "string" ? Buffer.from(value) : value);
    await body({
      ...bench,
      keys,
      store: async (key, value) => statusText(await keys.store(qpair, key, bytesOf(value))),
      fetch: async (key) => {
        const { completion, value } = await keys.retrieve(qpair, key);
        return value === null ? statusText(completion) : Buffer.from(value).toString();
      },
      listed: async () => {
        const all: string[] = [];
        for await (const key of keys.list(qpair)) all.push(Buffer.from(key).toString());
        return all;
      },
    });
  });
