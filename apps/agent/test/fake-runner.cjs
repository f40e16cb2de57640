/**
 * Stands in for the runner: journals as it must and touches no drive. What it does stands in the order's plan:
 * `{ logs, everyMs, after: "finish" | "hang" | "park" | "exit", bytes }`; `hang` goes on until it is asked or killed.
 */
const fs = require("node:fs");
const { join } = require("node:path");

const directory = process.argv[2];
const order = JSON.parse(fs.readFileSync(join(directory, "order.json"), "utf8"));
const launch = JSON.parse(fs.readFileSync(join(directory, "launch.json"), "utf8"));
const { logs = 3, everyMs = 5, after = "finish", bytes = 20, exitCode = 3 } = order.plan;

const bootId = fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
const stat = fs.readFileSync("/proc/self/stat", "utf8");
const startTicks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
const aside = join(directory, `.mark.${process.pid}`);
fs.writeFileSync(aside, JSON.stringify({ pid: process.pid, startTicks, bootId }));
try {
  fs.linkSync(aside, join(directory, "runner.json"));
} catch {
  process.exit(75);
}
if (after === "exit") process.exit(exitCode);
fs.appendFileSync(join(launch.tableDir, "starts"), `${order.runId}\n`);

fs.mkdirSync(launch.cmdlogDir, { recursive: true });
const ring = Buffer.alloc(4096 + 2048 * 128);
ring.write("ASSAYCLG", 0, "latin1");
ring.writeUInt32LE(1, 8);
ring.writeUInt32LE(128, 12);
ring.writeUInt32LE(2048, 16);
fs.writeFileSync(join(launch.cmdlogDir, "1.cmdlog"), ring);

const journal = fs.openSync(join(directory, "journal.jsonl"), "a");
let seq = 0;
const say = (body) => fs.writeSync(journal, `${JSON.stringify({ seq: ++seq, atMs: Date.now(), body })}\n`);
const asked = (name) => fs.existsSync(join(directory, name));
const finish = (outcome) => {
  say({ type: "finished", outcome, reason: null, attribution: null });
  fs.fsyncSync(journal);
};

say({ type: "log", level: "info", text: "started" });
const timer = setInterval(() => {
  if (asked("revoke") && after !== "deaf" && !asked("parked")) process.exit(1);
  if (asked("cancel") && after !== "deaf" && !asked("parked")) {
    finish("cancelled");
    process.exit(0);
  }
  if (seq <= logs) return void say({ type: "log", level: "info", text: "x".repeat(bytes) });
  if (after === "hang" || after === "deaf") return;
  if (after === "park") {
    if (!asked("parked")) {
      finish("failed");
      fs.writeFileSync(join(directory, "parked"), "");
    }
    if (asked("release")) process.exit(0);
    return;
  }
  finish("completed");
  clearInterval(timer);
}, everyMs);
