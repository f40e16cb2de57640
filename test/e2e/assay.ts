/** The command line as a person uses it: its own process, its own exit code. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { REPOSITORY } from "./lab";

export interface Said {
  code: number | null;
  stdout: string;
  stderr: string;
}

const ANSWERS_WITHIN_MS = 300_000;

/** @param env ASSAY_URL, ASSAY_HOME, ...; nothing of that kind is inherited */
export function assay(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Said> {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("ASSAY_")));
  const child = spawn(process.execPath, [join(REPOSITORY, "apps/cli/bin/assay.mjs"), ...args], {
    cwd: REPOSITORY,
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: ANSWERS_WITHIN_MS,
  });
  const said: Said = { code: null, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
  return new Promise((resolve) => child.once("close", (code) => resolve({ ...said, code })));
}
