/** Keeps the orchestrator's picture of this host fresh: at the start, when the host file changes, and now and then. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { release } from "node:os";
import { type Inventory, inventorySchema } from "@assay/protocol";
import type { DriveFacts } from "../guard/drive-facts";
import { Backoff } from "../link/backoff";
import { Loop } from "../link/loop";
import type { Orchestrator } from "../link/orchestrator";
import { writeDurably } from "../platform/durable-file";
import { type Logger, seldom } from "../platform/logger";
import type { SlotGate } from "../runs/slot-gate";
import { blockedBy, buildInventory, type SlotSight } from "./build-inventory";
import { type HostFile, readHostFile, slotAddress } from "./host-file";
import type { SlotEntry } from "./host-schema";
import { type ProvisionProgram, probeSlots, provisionDrives } from "./probe";
import { identitiesIn, sightAfterRun } from "./sight-after-run";

/** How often the host file's date and the slots' state are looked at. */
const LOOK_MS = 2000;
/** A slot in which nothing was seen is probed again after this time. */
const PROBE_AGAIN_MS = 5 * 60_000;
const PUSH_BACKOFF = { firstMs: 500, maxMs: 15_000 };

export interface InventoryParts {
  hostFile: string;
  keptFile: string;
  agentVersion: string;
  bootId: string;
  program: ProvisionProgram;
  orchestrator: Pick<Orchestrator, "inventory">;
  gate: SlotGate;
  /** The slot has a run that is not known to have ended. */
  busy: (slot: string) => boolean;
  factsOf: (slot: SlotEntry, hostFile: string) => DriveFacts;
  log: Logger;
  nowMs: () => number;
  random: () => number;
}

export class InventoryKeeper {
  private readonly sights = new Map<string, SlotSight>();
  private readonly triedMs = new Map<string, number>();
  private readonly loop = new Loop(() => this.look());
  private readonly backoff: Backoff;
  private readonly complain: (text: string) => void;
  private host: HostFile;
  private fileVersion = "";
  private versions: { driver: string; spdk: string | null } = { driver: "unknown", spdk: null };
  private pushed = "";

  constructor(
    private readonly parts: InventoryParts,
    host: HostFile,
  ) {
    this.host = host;
    this.backoff = new Backoff(PUSH_BACKOFF, parts.random);
    this.complain = seldom((text) => parts.log.warn(text), 60_000, parts.nowMs);
    this.recall();
  }

  start(): void {
    this.loop.start();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  /** A run has just read the drive: what it saw is newer than the last probe. */
  runEnded(slot: string, journal: string): void {
    const sight = sightAfterRun(identitiesIn(journal), this.sights.get(slot)?.observed ?? null);
    if (sight.observed === null) this.triedMs.delete(slot);
    this.sights.set(slot, sight);
    this.loop.wake();
  }

  /** @returns ms until the next look */
  private async look(): Promise<number> {
    try {
      if (await this.refresh()) this.parts.log.info(`inventory sent: ${this.host.slots.length} slots`);
      this.backoff.reset();
      return LOOK_MS;
    } catch (error) {
      this.complain(`the inventory could not be sent: ${(error as Error).message}`);
      return this.backoff.next();
    }
  }

  /** @returns true when something new was sent */
  private async refresh(): Promise<boolean> {
    this.reread();
    await this.provision();
    await this.probe();
    const { hostFile, agentVersion, bootId } = this.parts;
    const inventory = buildInventory({
      host: this.host,
      hostFile,
      agentVersion,
      bootId,
      driverVersion: this.versions.driver,
      spdkVersion: this.versions.spdk,
      kernel: release(),
      sights: this.sights,
      factsOf: (slot) => this.parts.factsOf(slot, hostFile),
      addressOf: (slot) => slotAddress(slot, hostFile),
    });
    const text = JSON.stringify(inventory);
    if (text === this.pushed) return false;
    await this.parts.orchestrator.inventory(inventory);
    this.pushed = text;
    writeDurably(this.parts.keptFile, text);
    return true;
  }

  /** A changed host file is read again; one with problems keeps the last picture (new runs are refused by the guard). */
  private reread(): void {
    const stat = statSync(this.parts.hostFile, { throwIfNoEntry: false });
    const version = stat === undefined ? "gone" : `${stat.mtimeMs} ${stat.size} ${stat.ino}`;
    if (version === this.fileVersion) return;
    try {
      this.host = readHostFile(this.parts.hostFile);
      this.triedMs.clear();
    } catch (error) {
      this.parts.log.error(`the host file has problems; no new run will be started:\n${(error as Error).message}`);
    }
    this.fileVersion = version;
  }

  private async provision(): Promise<void> {
    const { hostFile, program } = this.parts;
    const missing = this.host.slots.filter(
      (slot) => slot.simulated !== null && !existsSync(slotAddress(slot, hostFile)),
    );
    if (missing.length === 0) return;
    const problem = await provisionDrives(program, hostFile);
    if (problem !== null) this.complain(`simulated drives could not be made: ${problem}`);
  }

  /** Free slots only, and none that the guard blocks. */
  private async probe(): Promise<void> {
    const { parts } = this;
    const due = this.host.slots.filter((slot) => this.isDue(slot)).map((slot) => slot.name);
    if (due.length === 0) return;
    for (const slot of due) this.triedMs.set(slot, parts.nowMs());
    const result = await parts.gate.probe(due, () => probeSlots(parts.program, parts.hostFile, due));
    if (result.problem !== null) this.complain(result.problem);
    for (const line of result.lines) {
      this.sights.set(line.slot, { observed: line.observed, error: line.error });
      this.versions = { driver: line.driverVersion, spdk: line.spdkVersion };
      if (line.error !== null) this.complain(`slot ${line.slot}: ${line.error}`);
    }
  }

  private isDue(slot: SlotEntry): boolean {
    if (this.parts.busy(slot.name)) return false;
    const tried = this.triedMs.get(slot.name);
    const seen = (this.sights.get(slot.name)?.observed ?? null) !== null;
    if (tried !== undefined && (seen || this.parts.nowMs() - tried < PROBE_AGAIN_MS)) return false;
    return blockedBy(slot, this.parts.factsOf(slot, this.parts.hostFile), null) === null;
  }

  /** What the last agent on this folder saw: a slot that is busy now cannot be probed. */
  private recall(): void {
    let last: Inventory;
    try {
      last = inventorySchema.parse(JSON.parse(readFileSync(this.parts.keptFile, "utf8")));
    } catch {
      return;
    }
    this.versions = { driver: last.driverVersion, spdk: last.spdkVersion };
    if (last.bootId !== this.parts.bootId) return;
    for (const slot of last.slots) this.sights.set(slot.name, { observed: slot.observed, error: null });
  }
}
