/** The agent's ear as a process of its own, so that a test survives it when it freezes. Prints what it says and hears. */
import { DoorbellListener } from "../src/link/doorbell";

const [connectionString = "", schema = "", queue = ""] = process.argv.slice(2);
const print = (line: string) => {
  process.stdout.write(`${line}\n`);
};
const log = { debug: print, info: print, warn: print, error: print };
const ring = async (key: { runId: string }) => print(`heard ${key.runId}`);
new DoorbellListener(
  { backend: "postgres", connectionString, schema },
  queue,
  ring,
  log,
  Math.random,
  Date.now,
).start();
process.stdin.resume().on("end", () => process.exit(0));
