import type { ControllerAccess } from "../access";
import { addon } from "../addon/addon";
import { parseNamespace } from "../identify";
import { NvmeError } from "../nvme-error";
import { NvmeNamespace } from "./namespace";
import { transferLayout } from "./protection";
import { sameSectors, sectorsAfter, sectorsOf } from "./sector-format";

const ALL_NAMESPACES = 0xffff_ffff;

/** The namespaces of one controller that scripts still hold. */
export class OpenNamespaces {
  readonly #references = new Set<WeakRef<NvmeNamespace>>();

  constructor(private readonly controller: ControllerAccess) {}

  /** `page`: Identify Namespace. @throws ERR_OPEN when it is not active */
  open(nsid: number, page: Uint8Array): NvmeNamespace {
    const { raw, mdtsBytes } = this.controller.identity;
    const identity = parseNamespace(nsid, page, raw);
    if (identity.lbaCount === 0n) throw new NvmeError("ERR_OPEN", `namespace ${nsid} is not active`);
    const handle = addon().createNamespace(this.controller.use(), {
      nsid,
      lbaBytes: identity.lbaBytes,
      lbaCount: identity.lbaCount,
      maxTransferBytes: mdtsBytes,
      metadataBytes: transferLayout(identity, true).apart,
      protect: identity.protection?.type !== undefined && identity.protection.type !== 0,
    });
    const namespace = new NvmeNamespace(this.controller, handle, identity);
    this.#references.add(new WeakRef(namespace));
    return namespace;
  }

  *#living(): Iterable<NvmeNamespace> {
    for (const reference of this.#references) {
      const namespace = reference.deref();
      if (namespace === undefined) this.#references.delete(reference);
      else yield namespace;
    }
  }

  contentsUnknown(): void {
    for (const namespace of this.#living()) namespace.verification.contentsUnknown();
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
    for (const namespace of this.#living())
      if (namespace.nsid === nsid) namespace.retire("was deleted and another one created with its nsid");
  }

  powerCameBack(powerCycles: bigint): void {
    for (const namespace of this.#living()) namespace.verification.powerCameBack(powerCycles);
  }

  /** What the verify tables say reaches the disk. */
  async sync(): Promise<void> {
    await Promise.all([...this.#living()].map((namespace) => namespace.verification.sync()));
  }
}
