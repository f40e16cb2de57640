/** Asks the runner's `provision.js` who sits in the given slots. The agent itself never opens a drive. */
import { spawn } from "node:child_process";
import { slotReportSchema } from "@assay/protocol";
import { z } from "zod";

/** Longest probe of all slots together. */
export const PROBE_TIMEOUT_MS = 120_000;
/** Output that is read, bytes. */
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;

const probeLineSchema = z.object({
  slot: z.string(),
  driverVersion: z.string(),
  spdkVersion: z.string().nullable(),
  observed: slotReportSchema.shape.observed,
  error: z.string().nullable(),
});
export type ProbeLine = z.infer<typeof probeLineSchema>;

export interface ProbeResult {
  lines: ProbeLine[];
  /** Why there is not a line for every slot, or null. */
  problem: string | null;
}

export interface ProvisionProgram {
  /** Program and first arguments, for example [node, provision.js]. */
  command: string[];
  environment: NodeJS.ProcessEnv;
}

export async function probeSlots(program: ProvisionProgram, hostFile: string, slots: string[]): Promise<ProbeResult> {
  if (slots.length === 0) return { lines: [], problem: null };
  const output = await run(program, ["--probe", hostFile, ...slots.flatMap((slot) => ["--slot", slot])]);
  return readProbe(output.stdout, slots, output.problem);
}

/** Makes the files of simulated drives that are not there yet. @returns why that failed, or null */
export async function provisionDrives(program: ProvisionProgram, hostFile: string): Promise<string | null> {
  return (await run(program, [hostFile])).problem;
}

/** Lines for other slots than those asked are dropped. Pure. */
export function readProbe(stdout: string, slots: string[], problem: string | null): ProbeResult {
  const lines = stdout.split("\n").flatMap((text) => {
    const parsed = probeLineSchema.safeParse(jsonOrNull(text));
    return parsed.success && slots.includes(parsed.data.slot) ? [parsed.data] : [];
  });
  const missing = slots.filter((slot) => !lines.some((line) => line.slot === slot));
  if (missing.length === 0) return { lines, problem: null };
  return { lines, problem: problem ?? `the probe said nothing about ${missing.join(", ")}` };
}

function run(program: ProvisionProgram, extra: string[]): Promise<{ stdout: string; problem: string | null }> {
  const [command, ...args] = program.command;
  if (command === undefined) return Promise.resolve({ stdout: "", problem: "no provision program" });
  return new Promise((settle) => {
    const child = spawn(command, [...args, ...extra], {
      env: program.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    // spawn's own time-out outlives a program that could not be started.
    const timer = setTimeout(() => child.kill("SIGKILL"), PROBE_TIMEOUT_MS);
    const end = (problem: string | null) => {
      clearTimeout(timer);
      settle({ stdout, problem });
    };
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      if (stdout.length < MAX_OUTPUT_BYTES) stdout += chunk.toString("utf8");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr = (stderr + chunk.toString("utf8")).slice(-2000);
    });
    child.on("error", (error) => end(`provision could not be started: ${error.message}`));
    child.on("close", (code, signal) => {
      const words = stderr.trim() === "" ? "" : `: ${stderr.trim()}`;
      const how = signal === null ? `exited with ${code}` : `was ended by ${signal}`;
      end(code === 0 ? null : `provision ${how}${words}`);
    });
  });
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
