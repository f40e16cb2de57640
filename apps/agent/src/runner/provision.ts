/**
 * `node runner/provision.js <host.yaml> [--probe] [--slot name]...`: makes the simulated drives whose files are missing
 * (not with --probe), then opens each slot that the host's file lists (or only those named), reads who is there and
 * closes it. One JSON line per slot on stdout. Exit codes: 0 every slot has its line; 64 usage; 70 our own fault;
 * 78 the host's file cannot be used.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { driver } from "@assay/nvme-native";
import { readDriveFacts } from "../guard/read-drive-facts";
import { HostFileError, readHostFile } from "../inventory/host-file";
import type { SlotEntry } from "../inventory/host-schema";
import { createMissingDrive } from "./model-drive";
import { probeSlot, type SlotLine } from "./probe";

const EXIT_USAGE = 64;
const EXIT_OWN_FAULT = 70;
const EXIT_HOST_FILE = 78;
/** Longest time that one slot may take, where a process of its own probes it. */
const SLOT_TIMEOUT_MS = 120_000;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { probe: { type: "boolean", default: false }, slot: { type: "string", multiple: true, default: [] } },
    allowPositionals: true,
  });
  const [hostFile] = positionals;
  if (hostFile === undefined || positionals.length !== 1) {
    console.error("usage: provision.js <host.yaml> [--probe] [--slot name]...");
    return EXIT_USAGE;
  }
  const { slots } = readHostFile(hostFile);
  const unlisted = values.slot.filter((name) => !slots.some((slot) => slot.name === name));
  const wanted = slots.filter((slot) => values.slot.length === 0 || values.slot.includes(slot.name));
  for (const name of unlisted) print(failure(name, `${hostFile} lists no slot "${name}"`));
  for (const slot of wanted) {
    const failed = values.probe ? null : await createMissingDrive(slot, hostFile, driver);
    // SPDK starts once per process and for one device.
    const apart = wanted.length > 1 && slot.path.transport !== "model";
    if (failed !== null) print(failure(slot.name, failed));
    else if (apart) process.stdout.write(probeApart(slot, hostFile));
    else print(await probeSlot(slot, hostFile, driver, readDriveFacts));
  }
  return 0;
}

function probeApart(slot: SlotEntry, hostFile: string): string {
  const args = [__filename, "--probe", hostFile, "--slot", slot.name];
  const child = spawnSync(process.execPath, args, {
    timeout: SLOT_TIMEOUT_MS,
    killSignal: "SIGKILL",
    encoding: "utf8",
  });
  if (child.status === 0 && child.stdout.trim() !== "") return child.stdout;
  const last = (child.stderr ?? "").trim().split("\n").at(-1);
  return `${JSON.stringify(failure(slot.name, `the probe ended with ${child.signal ?? child.status}: ${last}`))}\n`;
}

function failure(slot: string, error: string): SlotLine {
  const { driverVersion, spdkVersion } = driver.info();
  return { slot, driverVersion, spdkVersion, observed: null, error };
}

function print(line: SlotLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function explain(error: unknown): number {
  if (error instanceof HostFileError) {
    console.error(error.message);
    return EXIT_HOST_FILE;
  }
  console.error(error);
  return (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS") ? EXIT_USAGE : EXIT_OWN_FAULT;
}

void main()
  .catch(explain)
  .then((code) => process.exit(code));
