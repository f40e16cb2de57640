/** The inventory message, from the host file, what probes saw and what the guard says. Pure. */
import { type Inventory, type SlotReport, WIRE_VERSION } from "@assay/protocol";
import type { DriveFacts } from "../guard/drive-facts";
import { askGuard } from "../guard/guard";
import type { HostFile, SlotEntry } from "./host-schema";

export interface SlotSight {
  observed: SlotReport["observed"];
  /** Why a probe saw nothing, or null. */
  error: string | null;
}

export interface InventoryView {
  host: HostFile;
  hostFile: string;
  agentVersion: string;
  driverVersion: string;
  spdkVersion: string | null;
  kernel: string;
  bootId: string;
  sights: ReadonlyMap<string, SlotSight>;
  factsOf: (slot: SlotEntry) => DriveFacts;
  addressOf: (slot: SlotEntry) => string;
}

export function buildInventory(view: InventoryView): Inventory {
  return {
    wireVersion: WIRE_VERSION,
    agentVersion: view.agentVersion,
    driverVersion: view.driverVersion,
    spdkVersion: view.spdkVersion,
    kernel: view.kernel,
    bootId: view.bootId,
    slots: view.host.slots.map((slot) => reportSlot(slot, view)),
  };
}

function reportSlot(slot: SlotEntry, view: InventoryView): SlotReport {
  const facts = view.factsOf(slot);
  const observed = view.sights.get(slot.name)?.observed ?? null;
  return {
    name: slot.name,
    path: { ...slot.path, address: view.addressOf(slot) },
    listed: [slot.identity],
    effects: slot.effects,
    power: slot.power?.driver ?? null,
    powerDomain: slot.powerDomain,
    labels: slot.labels,
    numaNode: facts.device.kind === "pci" ? facts.device.numaNode : null,
    observed,
    blocked: blockedBy(slot, facts, observed?.identity ?? null),
  };
}

/** What the guard would say to a run without effects. */
export function blockedBy(
  slot: SlotEntry,
  facts: DriveFacts,
  observed: NonNullable<SlotReport["observed"]>["identity"] | null,
): string | null {
  const answer = askGuard({ slotName: slot.name, slot, ordered: null, effects: [], observed, facts });
  return answer.allowed ? null : `${answer.rule}: ${answer.reason}`;
}
