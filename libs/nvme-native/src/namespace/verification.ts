import { createHash } from "node:crypto";
import { addon, settle } from "../addon/addon";
import type { NativeHandle } from "../addon/command";
import { big, flag, integer, object, oneOf, refuse, text, U64 } from "../check";
import type { ControllerAccess } from "../command/access";
import type { NamespaceIdentity } from "../controller/identity";
import type { NativeMiscompare, VerifyResult } from "./miscompare";

/**
 * A sweep. `exact`: the newest version of each LBA; `durable-or-newer`: after a power loss. `depth` (default 16): reads
 * outstanding.
 */
export interface VerifyOptions {
  rule: "exact" | "durable-or-newer";
  regionStartLba: bigint;
  regionLbas: bigint;
  /** Only LBAs that the table knows; otherwise the whole region. */
  written: boolean;
  depth?: number;
}

/** A verify table. */
export interface VerifyTableOptions {
  /** Only the first LBAs are covered; default: all. */
  lbas?: bigint;
  /**
   * Share of each sector that verifying workers fill with zeroes, so that it compresses (default 0); all but its first and
   * last 16 bytes can be. Another share begins the table anew, as another seed does.
   */
  compressPercent?: number;
}

const MAX_PATH = 4096;
const DEPTH = 16;

/** 64 bits that no other namespace of this drive or of another one has. */
export function namespaceId(
  serial: string,
  { nsid, nguid, eui64 }: Pick<NamespaceIdentity, "nsid" | "nguid" | "eui64">,
): bigint {
  return createHash("sha256")
    .update(JSON.stringify([serial, nsid, nguid, eui64]))
    .digest()
    .readBigUInt64LE();
}

/** The verify table of one namespace, and what is checked against it. */
export class NamespaceVerification {
  #hasTable = false;

  constructor(
    private readonly controller: ControllerAccess,
    private readonly native: NativeHandle,
    private readonly identity: NamespaceIdentity,
  ) {}

  get hasTable(): boolean {
    return this.#hasTable;
  }

  /** Before a command that does what `contentsUnknown` says: a stop of the machine in between must not go unnoticed. */
  contentsEndangered(): void {
    if (this.#hasTable) addon().announceErasure(this.native);
  }

  /** What the namespace holds is anybody's guess now (format, sanitize). */
  contentsUnknown(): void {
    if (this.#hasTable) addon().clearVerifyTable(this.native);
  }

  powerCameBack(powerCycles: bigint): void {
    if (this.#hasTable) addon().notePowerLoss(this.native, powerCycles);
  }

  /** What the table says reaches the disk; `resting`: of what has not changed since the last time. */
  async sync(resting = false): Promise<void> {
    if (this.#hasTable) await settle(addon().syncVerifyTable(this.native, resting));
  }

  /** For the end of the controller: the file is complete, and nothing of it is held any more. */
  async close(): Promise<void> {
    if (this.#hasTable) await settle(addon().closeVerifyTable(this.native));
  }

  async open(path: string | null, seed: bigint, options: VerifyTableOptions): Promise<void> {
    if (path !== null) text("path", path, MAX_PATH);
    const o = object<VerifyTableOptions>("options", options, ["lbas", "compressPercent"]);
    const zeroPercent = integer("compressPercent", o.compressPercent ?? 0, 0, 100);
    const all = this.identity.lbaCount;
    const wanted = big("lbas", o.lbas ?? all, 1n, U64);
    big("seed", seed, 0n, U64);
    const powerCycles = await this.controller.powerCycles();
    const { vwc, serial } = this.controller.identity;
    const id = namespaceId(serial, this.identity);
    let lbas = wanted;
    if (lbas > all) lbas = all;
    await settle(addon().openVerifyTable(this.native, path ?? "", seed, vwc, powerCycles, lbas, zeroPercent, id));
    this.#hasTable = true;
    await this.askNormalUnit();
  }

  /** Where DN of feature 0Ah makes no difference nobody is asked; where nobody answers the drive promises the less of the two. */
  async askNormalUnit(): Promise<void> {
    const { awunLbas, awupfLbas, atomicBoundary, normalAtomicBoundary } = this.identity;
    const same = (awunLbas ?? 1) === awupfLbas && (atomicBoundary?.lbas ?? 0) === (normalAtomicBoundary?.lbas ?? 0);
    if (this.#hasTable && !same) this.disableNormalUnit(await this.controller.normalUnitDisabled().catch(() => true));
  }

  disableNormalUnit(disabled: boolean): void {
    addon().disableNormalUnit(this.native, disabled);
  }

  checkReads(on: boolean): void {
    if (!this.#hasTable) refuse("verifyReads needs a table, openVerifyTable must come first");
    addon().setVerifyReads(this.native, flag("on", on));
  }

  takeMiscompares(): NativeMiscompare[] {
    return addon().takeMiscompares(this.native);
  }

  async sweep(options: VerifyOptions): Promise<VerifyResult> {
    const o = object<VerifyOptions>("options", options, ["rule", "regionStartLba", "regionLbas", "written", "depth"]);
    if (!this.#hasTable) refuse("verify needs a table, openVerifyTable must come first");
    const { lbaCount } = this.identity;
    const regionStartLba = big("regionStartLba", o.regionStartLba, 0n, lbaCount - 1n);
    return settle(
      addon().verify(this.native, {
        rule: oneOf("rule", o.rule, ["exact", "durable-or-newer"]),
        regionStartLba,
        regionLbas: big("regionLbas", o.regionLbas, 1n, lbaCount - regionStartLba),
        written: flag("written", o.written),
        depth: integer("depth", o.depth ?? DEPTH, 1, this.controller.identity.maxQueueEntries - 1),
      }),
    );
  }
}
