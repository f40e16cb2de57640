/** Runs in the guest: one plan on a PCIe function by a runner process, as the agent starts it. Prints a PlanAnswer as JSON. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { RunEvent } from "@assay/protocol";
import { Bench, journalOf, plan } from "./bench";

export interface PlanRequest {
  /** `spec` of the plan, as YAML. */
  spec: string;
  /** The host's file. */
  host: string;
  model: string;
  serial: string;
}
export interface PlanAnswer {
  code: number | null;
  /** What the runner printed. */
  said: string;
  journal: RunEvent[];
}

/** A runner that does not end is killed, so that its journal can be told. */
const LIMIT_MS = 180_000;
const RUNNER = join(__dirname, "../../src/runner/main.js");

const { spec, host, model, serial } = JSON.parse(process.argv[2]!) as PlanRequest;
const bench = new Bench();
try {
  const directory = bench.order(plan(spec), { host, model, serial });
  const { status, stdout, stderr } = spawnSync(process.execPath, [RUNNER, directory], {
    encoding: "utf8",
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
  });
  const answer: PlanAnswer = { code: status, said: stdout + stderr, journal: journalOf(directory) };
  process.stdout.write(JSON.stringify(answer));
} finally {
  bench.remove();
}
