import { spawnSync } from "node:child_process";

/** Prisma 7 and Nest 11 need it. */
export const LEAST_NODE = [20, 19];

/** A sentence for the person at the keyboard; no stack is printed for it. */
export class SetUpError extends Error {}

export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split(".").map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return;
  throw new SetUpError(
    `Node ${version} is too old: Assay needs ${LEAST_NODE.join(".")} or newer (https://nodejs.org).`,
  );
}

const answers = (program, args = ["--version"]) => spawnSync(program, args, { stdio: "ignore" }).status === 0;

/** The tools that compile the addon. Asked for only when it must be compiled. */
export function checkCompilers() {
  const missing = [];
  // CXX may be of several words, like `ccache g++`.
  const [compiler, ...words] = (process.env.CXX ?? "g++").trim().split(/\s+/);
  if (!answers(compiler, [...words, "--version"])) missing.push(process.env.CXX ?? "g++");
  if (!answers("make")) missing.push("make");
  if (missing.length === 0) return;
  throw new SetUpError(
    `Missing on this machine: ${missing.join(", ")}. The NVMe driver is compiled here; on Debian install it with: ` +
      "apt-get install g++ make",
  );
}
