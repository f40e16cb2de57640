/** Software drives, made from the `simulated:` section of a slot. */
import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { ModelDriveSpec, ModelLatency, NvmeDriver } from "@assay/nvme-native";
import { slotAddress } from "../inventory/host-file";
import type { SimulatedEntry, SlotEntry } from "../inventory/host-schema";
import { isNvmeError } from "./step-errors";

function modelLatency(latency: SimulatedEntry["latency"]): ModelLatency | null {
  if (latency === null || latency.nand === null) return latency === null ? null : { ...latency, nand: null };
  const { slc, foldPerSecond, collectEvery, ...nand } = latency.nand;
  return {
    ...latency,
    nand: {
      ...nand,
      slcBytes: slc,
      ...(foldPerSecond === undefined ? {} : { foldBytesPerSecond: foldPerSecond }),
      ...(collectEvery === undefined ? {} : { collectEveryBytes: collectEvery }),
    },
  };
}

/** Pure. */
export function modelDriveSpec(identity: SlotEntry["identity"], simulated: SimulatedEntry): ModelDriveSpec {
  const { firmware, seed, volatileCache, cache, lossPolicy, faults } = simulated;
  return {
    model: identity.model,
    serial: identity.serial,
    ...(identity.nguid === null ? {} : { nguid: identity.nguid }),
    firmware,
    capacityBytes: simulated.capacity,
    lbaBytes: simulated.lba === 4096n ? 4096 : 512,
    seed,
    volatileCache,
    ...(cache === null ? {} : { cacheBytes: Number(cache) }),
    latency: modelLatency(simulated.latency),
    lossPolicy,
    awupfLbas: simulated.awupf,
    faults,
    ...zonedNamespace(simulated),
  };
}

function zonedNamespace({ zones, capacity, lba }: SimulatedEntry): Pick<ModelDriveSpec, "namespaces"> {
  if (zones === null) return {};
  const zoned = {
    ...{ zoneBytes: zones.size, maxOpen: zones.maxOpen, maxActive: zones.maxActive },
    ...(zones.capacity === null ? {} : { zoneCapacityBytes: zones.capacity }),
  };
  return { namespaces: [{ capacityBytes: capacity, lbaBytes: lba === 4096n ? 4096 : 512, zoned }] };
}

/** Makes the drive's file when the slot has a simulated drive and the file is missing. A sentence when that failed. */
export async function createMissingDrive(
  slot: SlotEntry,
  hostFile: string,
  driver: NvmeDriver,
): Promise<string | null> {
  if (slot.simulated === null) return null;
  const path = slotAddress(slot, hostFile);
  if (existsSync(path)) return null;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    await driver.createModelDrive(path, modelDriveSpec(slot.identity, slot.simulated));
    return null;
  } catch (error) {
    // Somebody else may have made it at the same moment.
    if (isNvmeError(error) && error.code === "ERR_FILE" && existsSync(path)) return null;
    return `the simulated drive ${path} could not be made: ${(error as Error).message}`;
  }
}
