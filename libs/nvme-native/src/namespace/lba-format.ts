/** LBA formats by their sizes, and formatting a namespace to one of them. */
import { big, bytes, flag, having, integer, numbersIn, object, refuse, U64 } from "../check";
import type { Completion } from "../command/completion";
import { succeeded } from "../command/status";
import type { Controller } from "../contract/controller";
import type { Namespace } from "../contract/namespace";
import type { NamespaceIdentity } from "../controller/identity";
import type { FormatOptions } from "./io-options";
import { givenFormat, type TupleFormat } from "./protection-tuple";

/** Index of the first LBA format with these sizes (and with this guard and storage tag, where they are given), or null. */
export function findLbaFormat(
  ns: Pick<NamespaceIdentity, "lbaFormats">,
  lbaBytes: number,
  metadataBytes = 0,
  tuple: TupleFormat = {},
): number | null {
  having("ns", ns, ["lbaFormats"]);
  numbersIn("ns.lbaFormats", ns.lbaFormats, ["lbaBytes", "metadataBytes"]);
  integer("lbaBytes", lbaBytes, 1, 2 ** 31);
  integer("metadataBytes", metadataBytes, 0, 0xffff);
  const { guardBits, storageTagBits } = givenFormat("tuple", tuple);
  const index = ns.lbaFormats.findIndex(
    (f) =>
      f.lbaBytes === lbaBytes &&
      f.metadataBytes === metadataBytes &&
      (guardBits === undefined || (f.guardBits ?? 16) === guardBits) &&
      (storageTagBits === undefined || (f.storageTagBits ?? 0) === storageTagBits),
  );
  return index < 0 ? null : index;
}

/** Formats a namespace; `namespace` is it with its new sizes, null when the drive refused. Older objects of it are stale. */
export async function formatNamespace(
  controller: Controller,
  nsid: number,
  options: FormatOptions,
): Promise<{ completion: Completion; namespace: Namespace | null }> {
  having("controller", controller, ["format", "namespace"]);
  const completion = await controller.format(nsid, options);
  return { completion, namespace: succeeded(completion) ? await controller.namespace(nsid) : null };
}

/** What the page has room for. */
const MAX_PLACEMENT_HANDLES = 128;
/** Byte of LBSTM. */
const STORAGE_MASK = 384;

/** What Namespace Management is asked for. */
export interface NewNamespace {
  lbaCount: bigint;
  lbaFormat: number;
  extendedLba?: boolean;
  protection?: number;
  protectionFirst?: boolean;
  /** Default 0: the drive chooses. */
  enduranceGroup?: number;
  /** Reclaim unit handles that its placement handles 0 and on stand for; default: the drive chooses one (NVM Command Set 1.1, 4.1.6.3). */
  placementHandles?: number[];
  /** LBSTM: bits of the storage tag that the drive compares; default 0, none. */
  storageMask?: bigint;
}

/** The page that `AdminCommands.createNamespace` takes (NVM Command Set 1.0, figure 110). */
export function namespacePage(wanted: NewNamespace): Uint8Array {
  const o = object<NewNamespace>("wanted", wanted, [
    "lbaCount",
    "lbaFormat",
    "extendedLba",
    "protection",
    "protectionFirst",
    "enduranceGroup",
    "placementHandles",
    "storageMask",
  ]);
  const page = bytes("page", new Uint8Array(4096), 4096, 4096);
  const view = new DataView(page.buffer);
  const lbaCount = big("lbaCount", o.lbaCount, 0n, U64);
  view.setBigUint64(0, lbaCount, true);
  view.setBigUint64(8, lbaCount, true);
  const format = integer("lbaFormat", o.lbaFormat, 0, 63);
  page[26] = (format & 15) | ((format >> 4) << 5) | (flag("extendedLba", o.extendedLba ?? false) ? 0x10 : 0);
  page[29] =
    integer("protection", o.protection ?? 0, 0, 7) | (flag("protectionFirst", o.protectionFirst ?? false) ? 8 : 0);
  view.setUint16(102, integer("enduranceGroup", o.enduranceGroup ?? 0, 0, 0xffff), true);
  const handles = o.placementHandles ?? [];
  if (!Array.isArray(handles) || handles.length > MAX_PLACEMENT_HANDLES)
    refuse(`placementHandles must be an array of at most ${MAX_PLACEMENT_HANDLES} reclaim unit handles`);
  view.setUint16(392, handles.length, true);
  handles.forEach((handle, i) => {
    view.setUint16(512 + 2 * i, integer(`placementHandles[${i}]`, handle, 0, 0xffff), true);
  });
  view.setBigUint64(STORAGE_MASK, big("storageMask", o.storageMask ?? 0n, 0n, U64), true);
  return page;
}
