import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "./command.mjs";
import { runCompose } from "./compose.mjs";
import { runFloors } from "./floors.mjs";
import { runJest } from "./jest-tier.mjs";
import { runSanitizers } from "./sanitizers.mjs";

const MINUTE_MS = 60_000;
const node = process.execPath;

/** The tiers in order: quick and telling ones first. */
export const tiers = [
  {
    name: "types",
    title: "TypeScript over the sources and the tests",
    run: () => checks([["tsc", node, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.test.json", "--noEmit"]]]),
  },
  {
    name: "lint",
    title: "Biome, and a lock file that npm 11 accepts",
    run: () =>
      checks([
        ["biome", node, ["node_modules/@biomejs/biome/bin/biome", "check", "."]],
        ["lock", node, ["scripts/complete-lock.mjs", "--check"]],
      ]),
  },
  { name: "floors", title: "imports go downward only", run: runFloors },
  { name: "unit", title: "pure files", run: () => runJest("unit", { limitMs: 10 * MINUTE_MS }) },
  {
    name: "integration",
    title: "with a real PostgreSQL",
    run: () => runJest("integration", { limitMs: 15 * MINUTE_MS }),
  },
  { name: "simulation", title: "the fleet, seeded", run: () => runJest("simulation", { limitMs: 10 * MINUTE_MS }) },
  { name: "e2e", title: "the embedded lab", run: () => runJest("e2e", { limitMs: 20 * MINUTE_MS }) },
  { name: "sanitizers", title: "the driver's C++ under sanitizers", run: runSanitizers },
  {
    name: "spdk",
    title: "SPDK's own target",
    run: () => runJest("spdk", { limitMs: 15 * MINUTE_MS, workers: 1, missing: withoutSpdk }),
  },
  {
    name: "qemu",
    title: "Linux in QEMU: another target, a PCIe drive",
    run: () => runJest("qemu", { limitMs: 15 * MINUTE_MS, workers: 1 }),
  },
  {
    name: "redis",
    title: "queues on Redis",
    run: () => runJest("redis", { limitMs: 10 * MINUTE_MS, workers: 1, missing: withoutRedis }),
  },
  { name: "compose", title: "docker-compose.yml", run: runCompose },
];

/** Programs that say yes or no: each is one test. */
async function checks(programs) {
  const outcome = { passed: 0, failed: 0, skipped: 0, reasons: [] };
  for (const [name, program, args] of programs) {
    const { code } = await runProgram(program, args, { limitMs: 10 * MINUTE_MS });
    if (code === 0) outcome.passed += 1;
    else {
      outcome.failed += 1;
      console.log(`${name} found the faults above.`);
    }
  }
  return outcome;
}

function withoutSpdk() {
  const found =
    spawnSync("pkg-config", ["--exists", "spdk_nvme", "spdk_env_dpdk", "spdk_sock_posix"], { stdio: "ignore" })
      .status === 0;
  if (!found) return "pkg-config finds no SPDK (see spdk/README.md)";
  const target = process.env.ASSAY_NVMF_TGT;
  if (target !== undefined) return existsSync(target) ? null : `ASSAY_NVMF_TGT names ${target}, which is not there`;
  return inPath("nvmf_tgt") ? null : "no nvmf_tgt on this machine (set ASSAY_NVMF_TGT or PATH)";
}

function withoutRedis() {
  return inPath("redis-server") ? null : "no redis-server on this machine (apt-get install redis-server)";
}

function inPath(program) {
  const folders = (process.env.PATH ?? "").split(":");
  return folders.some((folder) => folder !== "" && existsSync(join(folder, program)));
}
