/** Who is in a slot: open, Identify, close; nothing more, and only where the guard lets it. */
import type { NvmeDriver } from "@assay/nvme-native";
import type { SlotReport } from "@assay/protocol";
import type { DriveFacts } from "../guard/drive-facts";
import { askGuard } from "../guard/guard";
import { slotAddress } from "../inventory/host-file";
import type { SlotEntry } from "../inventory/host-schema";
import { namespaceIdentities, observedIdentity } from "./observed-identity";
import { transportAddress } from "./transport-address";

export interface SlotLine {
  slot: string;
  driverVersion: string;
  spdkVersion: string | null;
  observed: SlotReport["observed"];
  /** Why nothing was observed, in a sentence. */
  error: string | null;
}

export async function probeSlot(
  slot: SlotEntry,
  hostFile: string,
  driver: NvmeDriver,
  readFacts: (slot: SlotEntry, hostFile: string) => DriveFacts,
): Promise<SlotLine> {
  const { driverVersion, spdkVersion } = driver.info();
  const line = { slot: slot.name, driverVersion, spdkVersion };
  const facts = readFacts(slot, hostFile);
  const answer = askGuard({ slotName: slot.name, slot, ordered: null, effects: [], observed: null, facts });
  if (!answer.allowed) return { ...line, observed: null, error: answer.reason };
  try {
    return { ...line, observed: await observe(slot, hostFile, driver), error: null };
  } catch (error) {
    return { ...line, observed: null, error: (error as Error).message };
  }
}

async function observe(slot: SlotEntry, hostFile: string, driver: NvmeDriver): Promise<SlotReport["observed"]> {
  const address = transportAddress({ ...slot.path, address: slotAddress(slot, hostFile) });
  const controller = await driver.open(address, { cmdlogDir: null });
  try {
    const namespaces = await namespaceIdentities(controller);
    const first = namespaces[0];
    return {
      identity: observedIdentity(controller.identity, namespaces),
      capacityBytes: namespaces.reduce((sum, ns) => sum + ns.capacityBytes, 0n).toString(),
      lbaBytes: first?.lbaBytes ?? 0,
      metadataBytes: first?.metadataBytes ?? 0,
      lbaFormatsBytes: [...new Set(first?.lbaFormats.map((format) => format.lbaBytes))],
    };
  } finally {
    await controller.close();
  }
}
