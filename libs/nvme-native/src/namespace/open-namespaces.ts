import type { ControllerAccess } from "../access";
import { addon } from "../addon/addon";
import type { NativeHandle } from "../addon/command";
import { parseNamespace } from "../identify";
import type { NamespaceIdentity } from "../identity";
import { NvmeError } from "../nvme-error";
import { NvmeNamespace } from "./namespace";
import { transferLayout } from "./protection";
import { sameSectors, sectorsAfter, sectorsOf } from "./sector-format";
import { NamespaceVerification } from "./verification";

const ALL_NAMESPACES = 0xffff_ffff;

/** A namespace as the addon has it; all objects of it share this, and with it the verify table. */
interface Opened {
  native: NativeHandle;
  identity: NamespaceIdentity;
  verification: NamespaceVerification;
}

/** Byte of Identify Namespace, and its value for "all bytes read as 00h" (NVM Command Set 1.0, figure 97). */
const DLFEAT = 33;
const READ_ZEROES = 1;

/** The namespaces of one controller that scripts still hold. */
export class OpenNamespaces {
  readonly #references = new Set<WeakRef<NvmeNamespace>>();
  /** By nsid. Held until its sectors change: a verify table follows every write, whichever object it goes through. */
  readonly #opened = new Map<number, Opened>();

  constructor(private readonly controller: ControllerAccess) {}

  /** `page`: Identify Namespace. `apart`: shares nothing with the others. @throws ERR_OPEN when it is not active */
  open(nsid: number, page: Uint8Array, apart: boolean): NvmeNamespace {
    const identity = parseNamespace(nsid, page, this.controller.identity.raw);
    if (identity.lbaCount === 0n) throw new NvmeError("ERR_OPEN", `namespace ${nsid} is not active`);
    const before = apart ? undefined : this.#opened.get(nsid);
    const opened = before !== undefined && sameNamespace(before.identity, identity) ? before : this.#create(identity);
    if (!apart) this.#opened.set(nsid, opened);
    const namespace = new NvmeNamespace(this.controller, opened.native, identity, opened.verification);
    this.#references.add(new WeakRef(namespace));
    return namespace;
  }

  #create(identity: NamespaceIdentity): Opened {
    const { stride, apart } = transferLayout(identity, true);
    const native = addon().createNamespace(this.controller.use(), {
      nsid: identity.nsid,
      lbaBytes: identity.lbaBytes,
      lbaCount: identity.lbaCount,
      maxTransferBytes: this.controller.identity.mdtsBytes,
      metadataBytes: apart,
      interleavedBytes: stride - identity.lbaBytes,
      extendedMetadataBytes: identity.extendedLba === true ? identity.metadataBytes : 0,
      protect: identity.protection?.type !== undefined && identity.protection.type !== 0,
      deallocatedZeroes: (identity.raw[DLFEAT]! & 7) === READ_ZEROES,
      awupfLbas: identity.awupfLbas,
      boundaryLbas: identity.atomicBoundary?.lbas ?? 0,
      boundaryOffsetLba: identity.atomicBoundary?.offsetLba ?? 0,
    });
    return { native, identity, verification: new NamespaceVerification(this.controller, native, identity) };
  }

  *#living(): Iterable<NvmeNamespace> {
    for (const reference of this.#references) {
      const namespace = reference.deref();
      if (namespace === undefined) this.#references.delete(reference);
      else yield namespace;
    }
  }

  /** Of those opened now, and of older ones that somebody still holds. */
  #verifications(): Set<NamespaceVerification> {
    const of = ({ verification }: { verification: NamespaceVerification }) => verification;
    return new Set([...[...this.#opened.values()].map(of), ...[...this.#living()].map(of)]);
  }

  contentsUnknown(): void {
    for (const verification of this.#verifications()) verification.contentsUnknown();
  }

  /** A Format NVM with this CDW10 has ended well. */
  formatted(nsid: number, cdw10: number): void {
    for (const namespace of this.#living()) {
      if (nsid !== ALL_NAMESPACES && namespace.nsid !== nsid) continue;
      const sectors = sectorsAfter(namespace.identity, cdw10);
      const stale = !sameSectors(sectorsOf(namespace.identity), sectors);
      const now = sectors === null ? "another format" : `sectors of ${sectors.lbaBytes}+${sectors.metadataBytes} bytes`;
      namespace.retire(stale ? `was formatted to ${now}, this object knows other ones` : null);
    }
  }

  /** Namespace Management has given this nsid to a new namespace. */
  created(nsid: number): void {
    this.#opened.delete(nsid);
    for (const namespace of this.#living())
      if (namespace.nsid === nsid) namespace.retire("was deleted and another one created with its nsid");
  }

  powerCameBack(powerCycles: bigint): void {
    for (const verification of this.#verifications()) verification.powerCameBack(powerCycles);
  }

  /** What the verify tables say reaches the disk. */
  async sync(): Promise<void> {
    await Promise.all([...this.#verifications()].map((verification) => verification.sync()));
  }
}

function sameNamespace(a: NamespaceIdentity, b: NamespaceIdentity): boolean {
  return a.lbaCount === b.lbaCount && a.nguid === b.nguid && sameSectors(sectorsOf(a), sectorsOf(b));
}
