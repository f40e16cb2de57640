import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../set-up/set-up.mjs";
import { runProgram } from "./command.mjs";

const MINUTE_MS = 60_000;
const LIMIT_MS = 15 * MINUTE_MS;
const native = join(root, "libs/nvme-native");
const compiler = process.env.CXX ?? "g++";

/** What `make` builds, with the flags that the compiler's runtime must have. */
const builds = [
  { target: "asan", title: "AddressSanitizer and UndefinedBehaviorSanitizer", flags: ["-fsanitize=address,undefined"] },
  { target: "tsan", title: "ThreadSanitizer", flags: ["-fsanitize=thread"] },
];

/** The C++ half of the driver under sanitizers: each native suite, then the fuzzers for a few seconds. */
export async function runSanitizers() {
  const outcome = { passed: 0, failed: 0, skipped: 0, reasons: [] };
  const tell = (ok, sentence) => {
    outcome[ok ? "passed" : "failed"] += 1;
    console.log(`${ok ? "ok    " : "FAILED"} ${sentence}`);
  };
  for (const { target, title, flags } of builds) {
    const lack = whatIsMissing(flags);
    if (lack !== null) {
      outcome.skipped += 1;
      outcome.reasons.push(`${title}: ${lack}`);
      continue;
    }
    const built = await runProgram("make", makeArguments(target), { limitMs: LIMIT_MS });
    tell(built.code === 0, `${title} builds`);
    if (built.code !== 0) continue;
    const program = join(native, "build", target, "native_test");
    for (const suite of suitesOf(program)) {
      const { code } = await runProgram(program, [suite], { limitMs: LIMIT_MS });
      tell(code === 0, `${title}: ${suite}`);
    }
  }
  if (outcome.skipped === 0) await fuzz(tell);
  return outcome;
}

/** Each fuzzer from its seeds on, the same inputs every time; longer by hand: see native/fuzz. */
async function fuzz(tell) {
  const built = await runProgram("make", makeArguments("fuzz"), { limitMs: LIMIT_MS });
  tell(built.code === 0, "the fuzzers build");
  if (built.code !== 0) return;
  for (const name of ["cmdlog_file", "drive_file", "nvme_commands", "opal", "verify_table"]) {
    const { code } = await runProgram(join(native, "build/fuzz", name), ["--runs", "3000"], { limitMs: LIMIT_MS });
    tell(code === 0, `3000 damaged inputs of ${name} harm nobody`);
  }
}

const makeArguments = (target) => ["-s", "-j", "2", "-C", native, target, `NODE=${process.execPath}`];

const suitesOf = (program) => spawnSync(program, ["list"], { encoding: "utf8" }).stdout.trim().split("\n");

/** A program that does nothing must build and run: some machines have the compiler and not the runtime. */
function whatIsMissing(flags) {
  const folder = mkdtempSync(join(tmpdir(), "assay-sanitizers-"));
  try {
    writeFileSync(join(folder, "empty.cc"), "int main() { return 0; }\n");
    const built = spawnSync(compiler, [...flags, "-o", join(folder, "empty"), join(folder, "empty.cc")]);
    if (built.status !== 0) return `${compiler} has no runtime for ${flags.join(" ")}`;
    const ran = spawnSync(join(folder, "empty"));
    return ran.status === 0 ? null : `a program built with ${flags.join(" ")} does not run here`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
