/** Source ranges of Copy: pure (NVM Command Set 1.0, 3.2.2, figures 39 and 40). */
import { big, integer, object, oneOf, refuse, U64 } from "../check";
import type { NamespaceIdentity } from "../controller/identity";
import type { CopyFlags, CopySource } from "./io-options";
import { checkTags, protects } from "./protection";

const MAX_SOURCES = 256;
const MAX_LBAS = 65_536;
const SOURCE_BYTES = { 0: 32, 1: 40 } as const;
const KEYS = ["slba", "lbaCount", "referenceTag", "storageTag", "applicationTag", "applicationMask"];

/** 1h has place for the tags of wide guards. */
export function descriptorFormat(ns: NamespaceIdentity, given: CopyFlags["descriptorFormat"]): 0 | 1 {
  const wide = protects(ns) && (ns.protection?.guardBits ?? 16) !== 16;
  return oneOf("flags.descriptorFormat", given ?? (wide ? 1 : 0), [0, 1]);
}

function sourceOf(ns: NamespaceIdentity, name: string, given: CopySource, format: 0 | 1): Uint8Array {
  const o = object<CopySource>(name, given, KEYS);
  const length = SOURCE_BYTES[format];
  const view = new DataView(new ArrayBuffer(length));
  view.setBigUint64(8, big(`${name}.slba`, o.slba, 0n, U64), true);
  view.setUint16(16, integer(`${name}.lbaCount`, o.lbaCount, 1, MAX_LBAS) - 1, true);
  if (!protects(ns)) {
    const tag = KEYS.slice(2).find((key) => o[key as keyof CopySource] !== undefined);
    if (tag !== undefined) refuse(`${name}.${tag} was given, namespace ${ns.nsid} has no protection information`);
    return new Uint8Array(view.buffer);
  }
  const { space, cdw15 } = checkTags(ns, name, o.slba, o);
  if (format === 0) {
    view.setUint32(24, Number(space & 0xffff_ffffn), true);
  } else {
    // Ten bytes, big endian.
    view.setUint16(26, Number((space >> 64n) & 0xffffn));
    view.setBigUint64(28, space & U64);
  }
  view.setUint32(length - 4, cdw15, true);
  return new Uint8Array(view.buffer);
}

/** 32 or 40 bytes each. */
export function copySources(ns: NamespaceIdentity, sources: CopySource[], format: 0 | 1): Uint8Array {
  if (!Array.isArray(sources) || sources.length === 0 || sources.length > MAX_SOURCES)
    refuse(`sources must be an array of 1 to ${MAX_SOURCES} ranges`);
  return Buffer.concat(sources.map((source, i) => sourceOf(ns, `sources[${i}]`, source, format)));
}
