/** The agent as a process of a test: the real one, with a fake runner and a fake probe. */
import { join } from "node:path";
import { readConfig } from "../src/platform/config";
import { createLogger } from "../src/platform/logger";
import { runAgent } from "../src/run-agent";

process.umask(0o077);
const log = createLogger(
  "debug",
  (line) => process.stdout.write(line),
  () => new Date(),
);
const script = (name: string) => [process.execPath, join(__dirname, name)];
runAgent(
  readConfig(),
  { runner: script("fake-runner.cjs"), sparesRunner: false, provision: script("fake-provision.cjs") },
  "0.0.0-test",
  log,
).then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
