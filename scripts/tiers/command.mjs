import { spawn } from "node:child_process";
import { root } from "../set-up/set-up.mjs";

/** After the polite signal. */
const KILL_AFTER_MS = 10_000;

/**
 * Run a program with our terminal. A program that outlives `limitMs` is ended together with its children.
 * @returns `{ code, timedOut }`
 */
export function runProgram(program, args, { env = process.env, limitMs, cwd = root, quiet = false } = {}) {
  const child = spawn(program, args, { cwd, env, stdio: quiet ? "pipe" : "inherit", detached: true });
  let output = "";
  child.stdout?.on("data", (data) => (output += data));
  child.stderr?.on("data", (data) => (output += data));
  const signalGroup = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has ended by itself.
    }
  };
  const forward = () => signalGroup("SIGTERM");
  process.once("SIGINT", forward);
  process.once("SIGTERM", forward);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    signalGroup("SIGTERM");
    setTimeout(() => signalGroup("SIGKILL"), KILL_AFTER_MS).unref();
  }, limitMs);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      process.off("SIGINT", forward);
      process.off("SIGTERM", forward);
      if (signal === "SIGINT" || signal === "SIGTERM") if (!timedOut) process.exit(130);
      resolve({ code: code ?? 1, timedOut, output });
    });
  });
}
