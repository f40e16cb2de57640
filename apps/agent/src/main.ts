/** The agent's process. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readConfig } from "./platform/config";
import { createLogger } from "./platform/logger";
import { StartError } from "./platform/start-error";
import { runAgent } from "./run-agent";

async function main(): Promise<void> {
  process.umask(0o077);
  const config = readConfig();
  const log = createLogger(
    config.logLevel,
    (line) => process.stdout.write(line),
    () => new Date(),
  );
  const script = (name: string) => [process.execPath, join(__dirname, "runner", name)];
  const manifest = JSON.parse(readFileSync(join(__dirname, "..", "package.json"), "utf8")) as { version: string };
  const programs = { runner: script("main.js"), sparesRunner: true, provision: script("provision.js") };
  await runAgent(config, programs, manifest.version, log);
}

main()
  .then(() => process.exit(0))
  .catch((error: unknown) => {
    process.stderr.write(`assay agent: ${error instanceof StartError ? error.message : (error as Error).stack}\n`);
    process.exit(1);
  });
