/** One run, from its directory: who owns it, what was ordered, and the journal that ends with `finished`. */
import { closeSync, openSync } from "node:fs";
import { release } from "node:os";
import type { NvmeDriver } from "@assay/nvme-native";
import { checkResolvedPlan } from "@assay/plans";
import { type DutPath, type RunOrder, type Transport, wireRefusal } from "@assay/protocol";
import type { DriveFacts } from "../guard/drive-facts";
import { slotAddress } from "../inventory/host-file";
import type { SlotEntry } from "../inventory/host-schema";
import { openPower } from "../power/open-power";
import { type Launch, type RunFiles, readLaunch, readOrder, runFiles } from "../runs/run-directory";
import { announceRunner } from "../runs/runner-mark";
import type { Clock } from "./clock";
import type { Conclusion } from "./conclusion";
import { Drive } from "./drive";
import { Exposure } from "./exposure";
import { type HostWord, hostWord } from "./host-word";
import { Journal } from "./journal";
import { Observations } from "./observations";
import { readFirmwareImage } from "./read-firmware-image";
import { fileRequested, REQUEST_POLL_MS, type Stops, watchStops } from "./requests";
import { executeRun } from "./run";
import type { RunContext } from "./scope";
import { Standstill } from "./standstill";
import { EXECUTORS } from "./steps/table";
import { type SuspicionRule, suspect } from "./suspicion";
import { keepTablesSynced } from "./table-sync";
import { transportAddress } from "./transport-address";

/** Longest wait for the driver to let go of the drive. */
export const CLOSE_TIMEOUT_MS = 20_000;
/** Where closing the device may reset it and so destroy what a failed run must keep (virtual-lab.md 2.14). */
const CLOSING_DESTROYS_EVIDENCE: { [T in Transport]: boolean } = {
  model: false,
  "spdk-tcp": false,
  "spdk-vfio-user": false,
  "spdk-pcie": true,
};

/** What a runner is given of its host. */
export interface RunnerHost {
  driver: NvmeDriver;
  clock: Clock;
  bootId: string;
  readFacts: (slot: SlotEntry, hostFile: string) => DriveFacts;
}

/** Exit code for a fault of our own. */
export const EXIT_OWN_FAULT = 70;

/**
 * Executes the order of a run directory. Settles when `finished` is in the journal and on the disk and, of a parked
 * run, when it was released. @throws RunnerDirectoryTaken; JournalError; any fault of our own, journalled as far as possible
 */
export async function runDirectory(directory: string, host: RunnerHost): Promise<void> {
  const { driver, clock } = host;
  announceRunner(directory);
  const files = runFiles(directory);
  const order = readOrder(directory);
  const launch = readLaunch(directory);
  // A deadline on CLOCK_BOOTTIME means nothing after a reboot.
  if (launch.bootId !== host.bootId) throw new Error(`launched in boot ${launch.bootId}, this is ${host.bootId}`);
  // Before anything is opened: from this instant on nothing goes out, whatever happens above.
  driver.setDeadline(BigInt(launch.deadlineBoottimeNs));
  const journal = Journal.open(files.journal, () => clock.nowMs(), order.spoolBytes);
  const stops = watchStops({
    requested: (request) => fileRequested(files.request(request)),
    boottimeNs: clock.boottimeNs,
    deadlineNs: BigInt(launch.deadlineBoottimeNs),
    silence: () => driver.setDeadline(driver.boottimeNs()),
  });
  const fatal = (error: Error) => {
    console.error(error);
    lastWords(journal, error);
    process.exit(EXIT_OWN_FAULT);
  };
  process.on("uncaughtException", fatal);
  try {
    await journalledRun({ ...host, files, order, launch, journal, stops });
  } catch (error) {
    lastWords(journal, error as Error);
    throw error;
  } finally {
    process.off("uncaughtException", fatal);
    stops.end();
    await journal.close();
  }
}

interface Parts extends RunnerHost {
  files: RunFiles;
  order: RunOrder;
  launch: Launch;
  journal: Journal;
  stops: Stops;
}

async function journalledRun(parts: Parts): Promise<void> {
  const { order, launch, journal, files, driver, clock, stops } = parts;
  const word = hostWord(launch.hostFile, launch.slotName);
  const { slot, unreadable } = word();
  const info = driver.info();
  const isModel = slot === null || slot.path.transport === "model";
  journal.append({
    type: "started",
    agentVersion: launch.agentVersion,
    driverVersion: info.driverVersion,
    hostImplementation: isModel ? "model" : `SPDK ${info.spdkVersion ?? "absent"}`,
    kernel: release(),
    bootId: launch.bootId,
    boottimeNs: clock.boottimeNs().toString(),
    pid: process.pid,
    seed: order.seed,
  });
  if (unreadable !== null) return finish(journal, notBegun(unreadable, "host-file"));
  const objection = wireRefusal(order.wireVersion) ?? checkResolvedPlan(order.plan);
  if (objection !== null) return finish(journal, notBegun(objection, "order-refused"));
  if (slot === null) {
    const reason = `the host's file lists no slot "${launch.slotName}"`;
    journal.append({ type: "refused", by: "guard", rule: "slot-listed", reason });
    return finish(journal, notBegun(reason, "guard-refused"));
  }
  const run = context(parts, slot, word);
  const ended = new AbortController();
  void keepTablesSynced(run.drive, clock, journal, ended.signal);
  const conclusion = await executeRun(run, stops).finally(() => ended.abort());
  const park =
    conclusion.outcome === "failed" && run.plan.onFailure.hold && CLOSING_DESTROYS_EVIDENCE[slot.path.transport];
  if (!park) await closeDrive(run.drive, journal);
  await finish(journal, conclusion);
  if (park) await parked(driver, clock, files);
}

function context(
  { files, order, launch, driver, clock, journal, readFacts, stops }: Parts,
  slot: SlotEntry,
  word: () => HostWord,
): RunContext {
  const path: DutPath = { ...slot.path, address: slotAddress(slot, launch.hostFile) };
  const exposure = new Exposure(() => clock.monotonicMs());
  const drive = new Drive({
    driver,
    address: transportAddress(path),
    path,
    order,
    word,
    readFacts: () => readFacts(slot, launch.hostFile),
    cmdlogDir: launch.cmdlogDir,
    tableDir: launch.tableDir,
    journal,
    exposure,
  });
  const power = openPower(slot, launch.hostFile, () => ({
    set: (state) => driver.modelPower(path.address, state),
    read: () => driver.modelPowerState(path.address),
  }));
  const observations = new Observations(journal);
  return {
    order,
    plan: order.plan,
    drive,
    journal,
    clock,
    observations,
    exposure,
    power,
    executors: EXECUTORS,
    standstill: new Standstill(files, journal, clock),
    cutAtMs: null,
    firmwareImage: (name, sha256) => readFirmwareImage(launch.hostFile, name, sha256),
    lookForStops: stops.look,
  };
}

async function finish(journal: Journal, { outcome, reason, suspicion }: Conclusion): Promise<void> {
  journal.append({ type: "finished", outcome, reason, attribution: suspicion });
  await journal.sync();
}

const notBegun = (reason: string, rule: SuspicionRule): Conclusion => ({
  outcome: "errored",
  reason,
  suspicion: suspect(rule),
});

async function closeDrive(drive: Drive, journal: Journal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), CLOSE_TIMEOUT_MS);
  });
  try {
    if ((await Promise.race([drive.close(), late])) === "late")
      journal.log("warn", `the driver did not close within ${CLOSE_TIMEOUT_MS} ms`);
  } catch (error) {
    journal.log("warn", `closing: ${(error as Error).message}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Sends nothing and keeps the slot until the agent says `release`. */
async function parked(driver: NvmeDriver, clock: Clock, files: RunFiles): Promise<void> {
  driver.setDeadline(driver.boottimeNs());
  closeSync(openSync(files.parked, "w", 0o600));
  const never = new AbortController().signal;
  while (!fileRequested(files.request("release"))) await clock.sleep(REQUEST_POLL_MS, never);
}

function lastWords(journal: Journal, error: Error): void {
  try {
    journal.log("error", `the runner ends by its own fault: ${error.stack ?? error.message}`);
    journal.syncNow();
  } catch {
    // The journal itself may be what broke; runner.log has the error.
  }
}
