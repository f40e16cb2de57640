import { addon } from "../addon/addon";
import type { NativeCommand, NativeHandle } from "../addon/command";
import type { ControllerAccess } from "../command/access";
import type { Completion } from "../command/completion";
import { succeeded } from "../command/status";
import type { NamespaceIdentity } from "../controller/identity";
import { NvmeError } from "../nvme-error";
import { asksNormalUnit } from "./atomicity";
import { ALL_NAMESPACES, ATTACH, CREATE, erases, OPCODE, SELECT, wasRefused } from "./erasure";
import { NvmeNamespace } from "./namespace";
import { transferLayout } from "./protection";
import { GUARD_BITS } from "./protection-tuple";
import { sameSectors, sectorsAfter, sectorsOf } from "./sector-format";
import { type BusyNamespaces, NamespaceTraffic } from "./traffic";
import { NamespaceVerification } from "./verification";

const concerns = (nsid: number, one: { nsid: number }) => nsid === ALL_NAMESPACES || nsid === one.nsid;

/** A namespace as the addon has it; all objects of it share this, and with it the verify table. */
interface Opened {
  native: NativeHandle;
  identity: NamespaceIdentity;
  verification: NamespaceVerification;
  traffic: NamespaceTraffic;
}

/** Byte of Identify Namespace, and its value for "all bytes read as 00h" (NVM Command Set 1.0, figure 97). */
const DLFEAT = 33;
const READ_ZEROES = 1;

/** The namespaces of one controller that scripts still hold. */
export class OpenNamespaces {
  readonly #references = new Set<WeakRef<NvmeNamespace>>();
  /** By nsid. Held until its sectors change: a verify table follows every write, whichever object it goes through. */
  readonly #opened = new Map<number, Opened>();
  readonly #busy: BusyNamespaces = new Set();

  constructor(private readonly controller: ControllerAccess) {}

  /** `identity`: as it is now. `apart`: shares nothing with the others. @throws ERR_OPEN when it is not active */
  open(identity: NamespaceIdentity, apart: boolean): NvmeNamespace {
    const { nsid } = identity;
    if (identity.lbaCount === 0n) throw new NvmeError("ERR_OPEN", `namespace ${nsid} is not active`);
    const before = apart ? undefined : this.#opened.get(nsid);
    const opened = before !== undefined && sameNamespace(before.identity, identity) ? before : this.#create(identity);
    if (!apart) this.#opened.set(nsid, opened);
    const { native, verification, traffic } = opened;
    const namespace = new NvmeNamespace(this.controller, native, identity, verification, traffic);
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
      protectionType: identity.protection?.type ?? 0,
      protectionFirst: identity.protection?.first === true,
      guard: GUARD_BITS.indexOf(identity.protection?.guardBits ?? 16),
      storageTagBits: identity.protection?.storageTagBits ?? 0,
      allMetadataBytes: identity.metadataBytes,
      deallocatedZeroes: (identity.raw[DLFEAT]! & 7) === READ_ZEROES,
      awupfLbas: identity.awupfLbas,
      boundaryLbas: identity.atomicBoundary?.lbas ?? 0,
      boundaryOffsetLba: (identity.atomicBoundary ?? identity.normalAtomicBoundary)?.offsetLba ?? 0,
      awunLbas: identity.awunLbas ?? 1,
      normalBoundaryLbas: identity.normalAtomicBoundary?.lbas ?? 0,
    });
    const verification = new NamespaceVerification(this.controller, native, identity);
    return { native, identity, verification, traffic: new NamespaceTraffic(identity, this.#busy) };
  }

  *#living(): Iterable<NvmeNamespace> {
    for (const reference of this.#references) {
      const namespace = reference.deref();
      if (namespace === undefined) this.#references.delete(reference);
      else yield namespace;
    }
  }

  /** Of those opened now, and of older ones that somebody still holds. */
  #verifications(nsid = ALL_NAMESPACES): Set<NamespaceVerification> {
    const held = [...this.#opened.values(), ...this.#living()];
    return new Set(held.filter(({ identity }) => concerns(nsid, identity)).map(({ verification }) => verification));
  }

  /** None before the controller was identified. */
  #erasedBy(command: NativeCommand, data: Uint8Array | null): Iterable<NamespaceVerification> {
    if (this.#verifications().size === 0) return [];
    const nsid = erases(command, data, this.controller.identity.raw);
    return nsid === null ? [] : this.#verifications(nsid);
  }

  /** Sends an admin command, with what it does to namespaces. @throws ERR_BUSY where data in flight forbid it */
  async around(command: NativeCommand, data: Uint8Array | null, send: () => Promise<Completion>): Promise<Completion> {
    const { opcode, nsid, cdw10 } = command;
    if (opcode === OPCODE.namespaceAttachment && (cdw10 & SELECT) === ATTACH) this.#beginAttachment(nsid);
    const endHold = opcode === OPCODE.format ? this.#beginFormat(nsid, cdw10) : () => {};
    try {
      for (const verification of this.#erasedBy(command, data)) verification.contentsEndangered();
      const completion = await this.#aroundAtomicity(command, send);
      if (!wasRefused(completion))
        for (const verification of this.#erasedBy(command, data)) verification.contentsUnknown();
      this.#changed(command, completion);
      return completion;
    } finally {
      endHold();
    }
  }

  /** While nobody knows which atomic unit holds, that which promises less does. */
  async #aroundAtomicity(command: NativeCommand, send: () => Promise<Completion>): Promise<Completion> {
    const asked = asksNormalUnit(command);
    if (asked === null) return send();
    const disable = (disabled: boolean) => {
      for (const verification of this.#verifications()) verification.disableNormalUnit(disabled);
    };
    disable(true);
    const completion = await send();
    if (succeeded(completion)) disable(asked.disabled);
    else if (wasRefused(completion)) await this.askNormalUnit();
    return completion;
  }

  /** After what may have changed feature 0Ah. */
  async askNormalUnit(): Promise<void> {
    await Promise.all([...this.#verifications()].map((verification) => verification.askNormalUnit()));
  }

  #changed({ opcode, nsid, cdw10 }: NativeCommand, completion: Completion): void {
    if (!succeeded(completion)) return;
    if (opcode === OPCODE.format) this.#formatted(nsid, cdw10);
    if (opcode === OPCODE.namespaceManagement && (cdw10 & SELECT) === CREATE) this.#created(completion.cdw0);
  }

  /**
   * Where a Format NVM changes the sectors, nothing that has a length in LBAs may be in flight or begin meanwhile: the drive
   * would write beyond the end of its memory. Gives what to call at its end.
   */
  #beginFormat(nsid: number, cdw10: number): () => void {
    const changes = ({ identity }: { identity: NamespaceIdentity }) =>
      concerns(nsid, identity) && !sameSectors(sectorsOf(identity), sectorsAfter(identity, cdw10));
    for (const { identity, moving } of [...this.#busy].filter(changes))
      throw new NvmeError(
        "ERR_BUSY",
        `namespace ${identity.nsid} has ${moving} workers, sweeps and commands in flight, a format that changes its sectors must wait for their end`,
      );
    const held = new Set([...this.#opened.values(), ...this.#living()].filter(changes).map(({ traffic }) => traffic));
    const releases = [...held].map((traffic) => traffic.hold());
    return () => {
      for (const release of releases) release();
    };
  }

  #formatted(nsid: number, cdw10: number): void {
    for (const namespace of this.#living()) {
      if (!concerns(nsid, namespace)) continue;
      const sectors = sectorsAfter(namespace.identity, cdw10);
      const stale = !sameSectors(sectorsOf(namespace.identity), sectors);
      const now = sectors === null ? "another format" : `sectors of ${sectors.lbaBytes}+${sectors.metadataBytes} bytes`;
      namespace.retire(stale ? `was formatted to ${now}, this object knows other ones` : null);
    }
  }

  /** What still moves data of a namespace that had this nsid before knows other sectors. */
  #beginAttachment(nsid: number): void {
    for (const { identity, superseded, moving } of this.#busy)
      if (superseded && concerns(nsid, identity))
        throw new NvmeError(
          "ERR_BUSY",
          `${moving} workers, sweeps and commands of the namespace that had nsid ${identity.nsid} before are in flight, an attachment must wait for their end`,
        );
  }

  /** Namespace Management has given this nsid to a new namespace. */
  #created(nsid: number): void {
    this.#opened.delete(nsid);
    for (const traffic of this.#busy) if (traffic.identity.nsid === nsid) traffic.superseded = true;
    for (const namespace of this.#living())
      if (namespace.nsid === nsid) namespace.retire("was deleted and another one created with its nsid");
  }

  powerCameBack(powerCycles: bigint): void {
    for (const verification of this.#verifications()) verification.powerCameBack(powerCycles);
  }

  /** For the end of the controller: what the verify tables say reaches the disk, and they are let go. */
  async close(): Promise<void> {
    await Promise.all([...this.#verifications()].map((verification) => verification.close()));
  }
}

function sameNamespace(a: NamespaceIdentity, b: NamespaceIdentity): boolean {
  return a.lbaCount === b.lbaCount && a.nguid === b.nguid && sameSectors(sectorsOf(a), sectorsOf(b));
}
