/** What `open` and `openBare` are given. */

import type { NativeAddress, NativeOpenOptions } from "../addon/addon";
import { integer, object, oneOf, refuse, text } from "../check";
import { MAX_TIMEOUT_MS, type OpenOptions, type TransportAddress } from "./address";
import { checkTcp } from "./tcp";

const MAX_CMDLOG_ENTRIES = 1 << 20;
const DEFAULT_TIMEOUT_MS = 10_000;
/** Keys of `OpenOptions`. */
export const OPEN_OPTIONS = ["cmdlogDir", "cmdlogEntries", "timeoutMs"];

/** PCI address with its domain, as SPDK wants it. */
const PCI = /^([0-9a-fA-F]{4}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]$/;

export function checkAddress(value: TransportAddress): NativeAddress {
  const transport = oneOf("address.transport", (value as TransportAddress | null)?.transport, [
    "model",
    "spdk-pcie",
    "spdk-tcp",
    "spdk-vfio-user",
  ]);
  const plain = { transport, port: 0, nqn: "", hostNqn: "", headerDigest: false, dataDigest: false };
  switch (value.transport) {
    case "model":
    case "spdk-vfio-user":
      object("address", value, ["transport", "path"]);
      return { ...plain, address: text("address.path", value.path, 4096) };
    case "spdk-pcie":
      object("address", value, ["transport", "address"]);
      if (!PCI.test(text("address.address", value.address, 32))) {
        refuse(`address.address is ${JSON.stringify(value.address)}, it must be like 0000:01:00.0`);
      }
      return { ...plain, address: value.address.length === 7 ? `0000:${value.address}` : value.address };
    case "spdk-tcp":
      return checkTcp(value);
  }
}

export function checkOpenOptions(options: OpenOptions): NativeOpenOptions {
  const o = object<OpenOptions>("options", options, OPEN_OPTIONS);
  const cmdlogEntries = integer("cmdlogEntries", o.cmdlogEntries ?? 4096, 2048, MAX_CMDLOG_ENTRIES);
  if ((cmdlogEntries & (cmdlogEntries - 1)) !== 0)
    refuse(`cmdlogEntries is ${cmdlogEntries}, it must be a power of two`);
  return {
    cmdlogDir: o.cmdlogDir === null || o.cmdlogDir === undefined ? "" : text("cmdlogDir", o.cmdlogDir, 4096),
    cmdlogEntries,
    timeoutMs: integer("timeoutMs", o.timeoutMs ?? DEFAULT_TIMEOUT_MS, 1, MAX_TIMEOUT_MS),
    bringUp: true,
  };
}
