/** A runner that was started before its run was known. */
import { once } from "node:events";
import type { Readable } from "node:stream";
import type { NvmeDriver } from "@assay/nvme-native";
import { RUN_MARK } from "../runs/leftovers";

/** A path is never longer. */
const MAX_LINE = 4096;

/**
 * Loads the driver, touches nothing, and waits for the line that names the run's directory, where it then stands as a
 * runner does that was started there. @returns null when the agent has gone, or stopped, without a run for it
 */
export async function awaitDirectory(driver: NvmeDriver, orders: Readable): Promise<string | null> {
  let line = "";
  orders.setEncoding("utf8");
  orders.on("data", (chunk: string) => {
    line += chunk;
    if (line.length > MAX_LINE) orders.destroy();
  });
  const end = Promise.race([once(orders, "end"), once(orders, "close")]);
  loadDriver(driver);
  await end;
  orders.destroy();
  // A line that was cut short is no order: its writer died, and the next agent starts the run.
  if (!line.endsWith("\n") || line.length > MAX_LINE) return null;
  const directory = line.slice(0, -1);
  process.chdir(directory);
  process.env[RUN_MARK] = directory;
  return directory;
}

/** A driver that cannot be loaded is told by the run, in its journal. */
function loadDriver(driver: NvmeDriver): void {
  try {
    driver.info();
  } catch {}
}
