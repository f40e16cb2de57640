/**
 * The one drive of this run. Whoever wants to touch it goes through here, so that promise 6 holds: the guard is asked and
 * the identity read again after every open, reset and power-on and before every effect. A refusal is final.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  type Controller,
  type NvmeDriver,
  Pcie,
  type ResetReport,
  Subsystem,
  type TransportAddress,
} from "@assay/nvme-native";
import type { Effect, ResetStep } from "@assay/plans";
import type { DutPath, Identity, RunOrder } from "@assay/protocol";
import type { DriveFacts } from "../guard/drive-facts";
import { askGuard } from "../guard/guard";
import { ConfirmedController, ConfirmedNamespace } from "./confirmed-drive";
import type { Exposure } from "./exposure";
import type { HostWord } from "./host-word";
import { IdentityGate } from "./identity-gate";
import type { Journal } from "./journal";
import { namespaceIdentities, observedIdentity } from "./observed-identity";

/** Entries of each flight-recorder ring. */
export const CMDLOG_ENTRIES = 4096;

export class Refusal extends Error {
  constructor(
    readonly rule: string,
    reason: string,
  ) {
    super(reason);
    this.name = "Refusal";
  }
}

export type IdentityMoment = "open" | "reset" | "power-on" | "before-effect" | "end";

export interface DriveParts {
  driver: NvmeDriver;
  address: TransportAddress;
  path: DutPath;
  order: Pick<RunOrder, "slot" | "identity" | "effects">;
  /** The host's own word about the slot, as it is now. */
  word: () => HostWord;
  readFacts: () => DriveFacts;
  cmdlogDir: string;
  tableDir: string;
  journal: Journal;
  exposure: Exposure;
}

export class Drive {
  private opened: Controller | null = null;
  private readonly namespaces = new Map<number, Promise<ConfirmedNamespace>>();
  private hasPower = true;
  /** The renewal after which the identity was not read again yet. */
  private owed: "reset" | "power-on" | null = null;
  private readonly gate = new IdentityGate(() => (this.owed === null ? null : this.confirm(this.owed, [])));

  constructor(private readonly parts: DriveParts) {}

  get powered(): boolean {
    return this.hasPower;
  }
  get path(): DutPath {
    return this.parts.path;
  }
  get cmdlogDir(): string {
    return this.parts.cmdlogDir;
  }
  get isOpen(): boolean {
    return this.opened !== null;
  }
  hostAllows(effect: Effect): boolean {
    return this.parts.word().slot?.effects.includes(effect) ?? false;
  }
  /** May it still be touched? Not before it was opened, after a refusal, or without power. */
  get usable(): boolean {
    return this.opened !== null && this.hasPower && !this.gate.refused;
  }
  /** For steps: nothing goes out between a reset or power-on and the identity read after it. */
  get controller(): ConfirmedController {
    return new ConfirmedController(this.raw, this.gate);
  }

  /** Guard, open, Identify, guard. @throws Refusal, NvmeError */
  async open(): Promise<void> {
    const { driver, address, order, cmdlogDir, tableDir } = this.parts;
    this.ask(order.effects, null);
    mkdirSync(cmdlogDir, { recursive: true, mode: 0o700 });
    mkdirSync(tableDir, { recursive: true, mode: 0o700 });
    this.opened = await driver.open(address, { cmdlogDir, cmdlogEntries: CMDLOG_ENTRIES });
    this.parts.exposure.poweredOn();
    await this.confirm("open", order.effects);
    // Every write path keeps the table up to date from now on, verified or not: a later run must not meet stale entries.
    for (const { nsid } of await namespaceIdentities(this.opened)) await this.namespace(nsid);
  }

  /** Reads the identity, journals it and asks the guard for `effects`. @throws Refusal, NvmeError */
  async confirm(moment: IdentityMoment, effects: readonly Effect[]): Promise<void> {
    const identity = await this.raw.identify();
    const namespaces = await namespaceIdentities(this.raw);
    const observed = observedIdentity(identity, namespaces);
    const objection = this.objection(effects, observed);
    this.parts.journal.append({
      type: "identity",
      moment,
      identity: observed,
      matches: objection?.rule !== "identity-observed",
      namespaces: namespaces.map((ns) => ({
        nsid: ns.nsid,
        lbaBytes: ns.lbaBytes,
        metadataBytes: ns.metadataBytes,
        lbaCount: ns.lbaCount.toString(),
      })),
    });
    if (objection) this.refuse(objection);
    this.owed = null;
  }

  /** Asks the guard before an effect; where the drive can answer the identity is read again first. @throws Refusal, NvmeError */
  async beforeEffect(effect: Effect): Promise<void> {
    // Before the open only the host's own word counts: the slot may have to be switched on first.
    if (this.isOpen && !covers(this.parts.order.effects, effect)) {
      this.refuse({ rule: "effect-ordered", reason: `the order does not speak of ${effect}` });
    }
    if (this.usable) await this.confirm("before-effect", [effect]);
    else this.ask([effect], null);
  }

  namespace(nsid: number): Promise<ConfirmedNamespace> {
    let found = this.namespaces.get(nsid);
    if (!found) {
      found = this.openNamespace(nsid);
      this.namespaces.set(nsid, found);
      // A failure is not remembered: the next asker tries again.
      found.catch(() => this.namespaces.delete(nsid));
    }
    return found;
  }

  /** What rests of the verify tables reaches the disk; the drive is sent nothing. @throws NvmeError */
  async syncTables(): Promise<void> {
    for (const opening of [...this.namespaces.values()]) {
      // Whoever wanted it is told why it could not be opened.
      const namespace = await opening.catch(() => null);
      await namespace?.syncTable();
    }
  }

  /** After a format: sizes may have changed. */
  forgetNamespaces(): void {
    this.namespaces.clear();
  }

  /** Reset, then identity and guard. @throws Refusal, NvmeError */
  reset(scope: ResetStep["scope"]): Promise<ResetReport> {
    return this.gate.hold(async () => {
      this.owed = "reset";
      this.parts.exposure.wasReset();
      const report = await RESETS[scope](this.raw);
      if (report.ok) await this.confirm("reset", []);
      return report;
    });
  }

  wentDark(): void {
    this.hasPower = false;
    this.parts.exposure.poweredOff();
  }

  /** After the power came back: controller up, then identity and guard. @throws Refusal, NvmeError */
  reopen(): Promise<ResetReport> {
    return this.gate.hold(() => {
      this.owed = "power-on";
      const admit = async () => {
        this.hasPower = true;
        this.parts.exposure.poweredOn();
        this.parts.exposure.cycled();
        await this.confirm("power-on", []);
      };
      return this.raw.reopen({ admit });
    });
  }

  async close(): Promise<void> {
    await this.opened?.close();
    this.opened = null;
  }

  private get raw(): Controller {
    if (this.opened === null) throw new Error("the drive was not opened");
    return this.opened;
  }

  private async openNamespace(nsid: number): Promise<ConfirmedNamespace> {
    const { raw, gate } = this;
    const { serial } = this.parts.order.identity;
    const namespace = await gate.pass(() => raw.namespace(nsid));
    const table = join(this.parts.tableDir, tableName(serial, nsid));
    await gate.pass(() => namespace.openVerifyTable(table, tableSeed(serial, nsid)));
    return new ConfirmedNamespace(namespace, gate);
  }

  private objection(effects: readonly Effect[], observed: Identity | null): { rule: string; reason: string } | null {
    const { order, word, readFacts } = this.parts;
    const { slot, unreadable } = word();
    if (unreadable !== null) return { rule: "slot-listed", reason: unreadable };
    const answer = askGuard({
      slotName: order.slot,
      slot,
      ordered: order.identity,
      effects,
      observed,
      facts: readFacts(),
    });
    return answer.allowed ? null : answer;
  }

  private ask(effects: readonly Effect[], observed: Identity | null): void {
    const objection = this.objection(effects, observed);
    if (objection) this.refuse(objection);
  }

  private refuse(objection: { rule: string; reason: string }): never {
    const refusal = new Refusal(objection.rule, objection.reason);
    this.gate.refuse(refusal);
    this.parts.journal.append({ type: "refused", by: "guard", rule: objection.rule, reason: objection.reason });
    throw refusal;
  }
}

/** The controller is up again after each. */
const RESETS: { [S in ResetStep["scope"]]: (controller: Controller) => Promise<ResetReport> } = {
  controller: (controller) => controller.reset(),
  subsystem: (controller) => new Subsystem(controller).reset(),
  async pcie(controller) {
    await new Pcie(controller).reset();
    return controller.reset();
  },
  async flr(controller) {
    await new Pcie(controller).flr();
    return controller.reset();
  },
};

/** Who may destroy all data may write some. */
function covers(effects: readonly Effect[], effect: Effect): boolean {
  return effects.includes(effect) || (effect === "writes" && effects.includes("destroys-data"));
}

/** The table outlives runs, so its name and the seed of provable payloads belong to the drive and not to the run. */
function tableName(serial: string, nsid: number): string {
  return `${serial.trim().replace(/[^A-Za-z0-9._-]/g, "_")}-${nsid}.verify`;
}

/** FNV-1a over serial and namespace, 64 bits. */
export function tableSeed(serial: string, nsid: number): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(`${serial.trim()}/${nsid}`))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
