/**
 * The runner's front door: `node runner/main.js <run directory>`, or `--spare`, told the directory later on stdin. One
 * process, one run, one drive; the only process of a host that loads the driver.
 */
import { driver } from "@assay/nvme-native";
import { readDriveFacts } from "../guard/read-drive-facts";
import { readBootId } from "../platform/boottime";
import { EXIT_DIRECTORY_TAKEN, RunnerDirectoryTaken } from "../runs/runner-mark";
import { SPARE_ARGUMENT } from "../runs/spare-runner";
import { systemClock } from "./clock";
import { EXIT_OWN_FAULT, runDirectory } from "./directory-run";
import { awaitDirectory } from "./spare";

/** Exit codes: 0 when the journal ends with `finished`. */
const EXIT_USAGE = 64;

async function main(): Promise<number> {
  const argument = process.argv[2];
  if (argument === undefined || process.argv.length !== 3) {
    console.error(`usage: main.js <run directory> | ${SPARE_ARGUMENT}`);
    return EXIT_USAGE;
  }
  const directory = argument === SPARE_ARGUMENT ? await awaitDirectory(driver, process.stdin) : argument;
  if (directory === null) return 0;
  try {
    const clock = systemClock(() => driver.boottimeNs());
    await runDirectory(directory, { driver, clock, bootId: readBootId(), readFacts: readDriveFacts });
    return 0;
  } catch (error) {
    console.error(error);
    return error instanceof RunnerDirectoryTaken ? EXIT_DIRECTORY_TAKEN : EXIT_OWN_FAULT;
  }
}

/** How long threads of the driver may take to end by themselves. */
const EXIT_GRACE_MS = 5000;

void main().then((code) => {
  // Not process.exit() at once: it would skip the driver's own cleaning up.
  process.exitCode = code;
  setTimeout(() => process.exit(code), EXIT_GRACE_MS).unref();
});
