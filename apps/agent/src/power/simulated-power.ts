/** Power of a simulated drive. The switch comes from the caller, so that this file never loads the driver. */
import { type PowerDriver, PowerError, type PowerState } from "./power-driver";

export interface SimulatedSwitch {
  set(power: "on" | "off"): Promise<{ power: "on" | "off"; generation: number }>;
  read(): Promise<{ power: "on" | "off"; generation: number }>;
}

/** `place` names the drive in the witness and in errors. */
export function simulatedPower(throwSwitch: SimulatedSwitch, place: string): PowerDriver {
  const set = async (power: "on" | "off") => {
    let after: { power: string };
    try {
      after = await throwSwitch.set(power);
    } catch (error) {
      throw new PowerError(`the simulated switch of ${place} failed: ${(error as Error).message}`);
    }
    if (after.power !== power) throw new PowerError(`the simulated switch of ${place} stayed ${after.power}`);
  };
  return {
    witness: `the power generation in the file of ${place}`,
    cut: () => set("off"),
    restore: () => set("on"),
    read: async (): Promise<PowerState> => {
      try {
        return (await throwSwitch.read()).power;
      } catch {
        return "unknown";
      }
    },
  };
}
