/** A run directory as the agent makes it, in a folder of its own, and the journal that a runner leaves in it. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ModelFault, NvmeDriver } from "@assay/nvme-native";
import { type DataSheet, type DutFacts, parsePlan, parseSheet, type ResolvedPlan, resolvePlan } from "@assay/plans";
import { type EventBody, type EventType, eventSchema, type RunEvent, WIRE_VERSION } from "@assay/protocol";
import { parse, stringify } from "yaml";
import { readDriveFacts } from "../../src/guard/read-drive-facts";
import { readHostFile } from "../../src/inventory/host-file";
import { readBootId } from "../../src/platform/boottime";
import { systemClock } from "../../src/runner/clock";
import type { RunnerHost } from "../../src/runner/directory-run";
import { createMissingDrive } from "../../src/runner/model-drive";

const BOOT_ID = readBootId();
export const IDENTITY = { model: "ASSAY SIM A", serial: "SIM0001", nguid: null, eui64: null };

export const HOST_YAML = `
apiVersion: assay/v1
kind: Host
name: lab-01
slots:
  - name: bay-1
    path: {transport: model, address: bay-1.drive}
    identity: {model: ASSAY SIM A, serial: SIM0001}
    effects: [writes, destroys-data, power-cycles]
    power: {driver: simulated}
    simulated: {capacity: 64MiB, lba: 512B, seed: 1}
`;

export const FACTS: DutFacts = {
  model: IDENTITY.model,
  serial: IDENTITY.serial,
  firmware: "1.0",
  capacityBytes: 64 * 2 ** 20,
  lbaBytes: 512,
  lbaFormatsBytes: [512, 4096],
  transport: "model",
  powerCut: true,
};

/** Resolve a plan's YAML for the drive of `HOST_YAML`. */
export function resolved(
  source: string,
  parameters: Record<string, string | number> = {},
  sheet: DataSheet = {},
  dut: DutFacts = FACTS,
): ResolvedPlan {
  const parsed = parsePlan(source);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const bound = resolvePlan(parsed.plan, { parameters, dut, sheet });
  if ("problems" in bound) throw new Error(JSON.stringify(bound.problems));
  return bound.resolved;
}

const JUDGE = { admin: { id: "judged", opcode: 6 } };

/** A plan out of its `spec`, written as YAML. It need not judge anything: what `parse` wants for that is taken out again. */
export function plan(spec: string): ResolvedPlan {
  const document = {
    apiVersion: "assay/v1",
    kind: "Plan",
    metadata: { name: "test", version: "1.0.0" },
    spec: parse(spec),
  };
  document.spec.steps.push(JUDGE);
  const bound = resolved(stringify(document));
  return { ...bound, steps: bound.steps.filter((step) => step.id !== JUDGE.admin.id) };
}

const CATALOG = join(__dirname, "../../../../libs/plans/catalog");

/** A plan of the catalogue, `basic/smoke`, for a drive and the data sheet of its model. */
export function catalogPlan(
  name: string,
  parameters: Record<string, string | number> = {},
  { sheet = "assay-sim-a", dut = FACTS }: { sheet?: string; dut?: DutFacts } = {},
): ResolvedPlan {
  const parsed = parseSheet(readFileSync(join(CATALOG, `sheets/${sheet}.sheet.yaml`), "utf8"));
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const source = readFileSync(join(CATALOG, `${name}.plan.yaml`), "utf8");
  return resolved(source, parameters, parsed.sheet.entries, dut);
}

/** The host of a test: this machine's clock and facts, and some driver. */
export function hostOf(driver: NvmeDriver): RunnerHost {
  return { driver, clock: systemClock(() => driver.boottimeNs()), bootId: BOOT_ID, readFacts: readDriveFacts };
}

export interface OrderOptions {
  host?: string;
  model?: string;
  serial?: string;
  wireVersion?: number;
  deadlineNs?: bigint;
  seed?: string;
}

export class Bench {
  readonly root = mkdtempSync(join(tmpdir(), "assay-runner-"));
  private runs = 0;

  /** Makes the software drive of the host's file, with these faults. */
  async makeDrive(driver: NvmeDriver, faults: ModelFault[] = [], host = HOST_YAML): Promise<void> {
    const hostFile = join(this.root, "host.yaml");
    writeFileSync(hostFile, host);
    const slot = readHostFile(hostFile).slots[0]!;
    const simulated = slot.simulated === null ? null : { ...slot.simulated, faults };
    const failure = await createMissingDrive({ ...slot, simulated }, hostFile, driver);
    if (failure !== null) throw new Error(failure);
  }

  /** Makes the next run directory and returns its path. */
  order(resolvedPlan: ResolvedPlan, options: OrderOptions = {}): string {
    const runId = `00000000-0000-4000-8000-${String(++this.runs).padStart(12, "0")}`;
    const directory = join(this.root, "runs", `${runId}-1`);
    mkdirSync(directory, { recursive: true });
    const hostFile = join(this.root, "host.yaml");
    writeFileSync(hostFile, options.host ?? HOST_YAML);
    const order = {
      wireVersion: options.wireVersion ?? WIRE_VERSION,
      runId,
      epoch: 1,
      budgetMs: 60_000,
      slot: "bay-1",
      dutId: runId,
      identity: {
        ...IDENTITY,
        model: options.model ?? IDENTITY.model,
        serial: options.serial ?? IDENTITY.serial,
      },
      effects: resolvedPlan.effects,
      seed: options.seed ?? "42",
      planName: resolvedPlan.name,
      resolvedHash: "0",
      parameters: {},
      plan: resolvedPlan,
      spoolBytes: 64 * 2 ** 20,
    };
    const launch = {
      deadlineBoottimeNs: (options.deadlineNs ?? 2n ** 62n).toString(),
      bootId: BOOT_ID,
      slotName: "bay-1",
      hostFile,
      agentVersion: "0.1.0",
      cmdlogDir: join(directory, "cmdlog-live"),
      tableDir: join(this.root, "tables"),
    };
    writeFileSync(join(directory, "order.json"), JSON.stringify(order));
    writeFileSync(join(directory, "launch.json"), JSON.stringify(launch));
    return directory;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export function request(directory: string, what: "cancel" | "revoke" | "release"): void {
  writeFileSync(join(directory, what), "");
}

export function journalOf(directory: string): RunEvent[] {
  const file = join(directory, "journal.jsonl");
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => eventSchema.parse(JSON.parse(line)));
}

export function bodies<T extends EventType>(directory: string, type: T): Extract<EventBody, { type: T }>[] {
  return journalOf(directory)
    .map((event) => event.body)
    .filter((body) => body.type === type) as Extract<EventBody, { type: T }>[];
}

/** The last words of a run: `[outcome, reason]`. */
export function ending(directory: string): [string, string | null] {
  const last = journalOf(directory).at(-1)?.body;
  return last?.type === "finished" ? [last.outcome, last.reason] : [last?.type ?? "nothing", null];
}
