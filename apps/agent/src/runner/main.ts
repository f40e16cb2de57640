/**
 * The runner's front door: `node runner/main.js <run directory>`. One process, one run, one drive; the only process of a
 * host that loads the driver.
 */
import { driver } from "@assay/nvme-native";
import { EXIT_DIRECTORY_TAKEN, RunnerDirectoryTaken } from "../runs/runner-mark";
import { systemClock } from "./clock";
import { runDirectory } from "./directory-run";

/** Exit codes: 0 when the journal ends with `finished`. */
const EXIT_USAGE = 64;
const EXIT_OWN_FAULT = 70;

async function main(): Promise<number> {
  const directory = process.argv[2];
  if (directory === undefined || process.argv.length !== 3) {
    console.error("usage: main.js <run directory>");
    return EXIT_USAGE;
  }
  try {
    await runDirectory(
      directory,
      driver,
      systemClock(() => driver.boottimeNs()),
    );
    return 0;
  } catch (error) {
    console.error(error);
    return error instanceof RunnerDirectoryTaken ? EXIT_DIRECTORY_TAKEN : EXIT_OWN_FAULT;
  }
}

void main().then((code) => process.exit(code));
