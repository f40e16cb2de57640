/** Runs in the guest: the second drive pulled and plugged by QEMU's monitor, as a hand at the button of its slot does it. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { FUNCTIONS, HOT_DRIVE, HOT_PORT, HOT_PROPERTIES, MONITOR_ADDRESS } from "./drives";
import { isOccupied } from "./pci-slot";

/** The kernel waits five seconds after the button before it acts; an emulated machine takes its time. */
const LIMIT_MS = 90_000;
const LOOK_EVERY_MS = 50;
const DEVICES = "/sys/bus/pci/devices";
const HOT_FUNCTION = FUNCTIONS[1]!;

function tellMonitor(command: string): void {
  const line = `/dev/${readdirSync(`${DEVICES}/${MONITOR_ADDRESS}/tty`)[0]}`;
  // What the monitor says must not go back to it.
  execFileSync("stty", ["-F", line, "raw", "-echo"]);
  // An empty line first, for what was sent back until then.
  writeFileSync(line, `\n${command}\n`);
}

async function until(holds: () => boolean, what: string): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${LIMIT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

export interface PulledDrive {
  /** The kernel has let go of the function, and its slot is empty. */
  gone(): Promise<void>;
  /** In its slot again, on the bus, with no driver yet. */
  plug(): Promise<void>;
}

/** Asks for the second drive: the kernel then wants it back from whoever has it. */
export function pull(): PulledDrive {
  const isKnown = () => existsSync(`${DEVICES}/${HOT_FUNCTION}`);
  tellMonitor(`device_del ${HOT_DRIVE}`);
  return {
    gone: () => until(() => !isKnown() && !isOccupied(HOT_PORT), "the slot is not empty"),
    async plug() {
      tellMonitor(`device_add ${HOT_PROPERTIES}`);
      await until(isKnown, "the drive is not back");
    },
  };
}
