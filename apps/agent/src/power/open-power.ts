/** The slot's power driver, from its entry in the host file. */
import { dirname } from "node:path";
import type { SlotEntry } from "../inventory/host-schema";
import { execPower } from "./exec-power";
import type { PowerDriver } from "./power-driver";
import { type SimulatedSwitch, simulatedPower } from "./simulated-power";

/** null when the slot has no power driver. `switchOf` gives the simulated drive's switch (the runner's driver has it). */
export function openPower(slot: SlotEntry, hostFile: string, switchOf: () => SimulatedSwitch): PowerDriver | null {
  if (slot.power === null) return null;
  switch (slot.power.driver) {
    case "simulated":
      return simulatedPower(switchOf(), slot.name);
    case "exec": {
      const { cut, restore, read, timeout, witness } = slot.power;
      return execPower({ cut, restore, read, timeoutMs: timeout, witness, cwd: dirname(hostFile) });
    }
  }
}
