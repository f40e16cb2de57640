import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { root } from "../set-up/set-up.mjs";
import { runProgram } from "./command.mjs";
import { upwardInclude, upwardIncludes } from "./native-floors.mjs";

const LIMIT_MS = 5 * 60_000;

/** Imports that must be refused, each planted into a copy of the sources as a file of its own. */
const plants = [
  { rule: "plans-is-pure", folder: "libs/plans/src", imports: "@assay/protocol" },
  { rule: "protocol-above-plans", folder: "libs/protocol/src", imports: "@assay/nvme-native" },
  { rule: "native-above-protocol", folder: "libs/nvme-native/src", imports: "@assay/plans" },
  { rule: "postgres-alone", folder: "libs/embedded-postgres/src", imports: "@assay/protocol" },
  { rule: "agent-floor", folder: "apps/agent/src", imports: "../../orchestrator/src/main" },
  { rule: "orchestrator-floor", folder: "apps/orchestrator/src", imports: "../../agent/src/main" },
  { rule: "cli-floor", folder: "apps/cli/src", imports: "@assay/protocol" },
  { rule: "embedded-floor", folder: "apps/embedded/src", imports: "@assay/plans" },
  { rule: "driver-only-in-runner", folder: "apps/agent/src/runs", imports: "@assay/nvme-native" },
  { rule: "pure-libraries", folder: "libs/plans/src", imports: "node:fs" },
  { rule: "no-circles", folder: "libs/plans/src", imports: "./planted-circle" },
].map((plant) => ({ ...plant, file: `${plant.folder}/planted-${plant.rule}.ts` }));

/** Includes of the driver's C++ half that must be refused. */
const plantedIncludes = [
  ["core/status.h", "core/host/host.h"],
  ["core/host/qpair.h", "core/verify/verify_table.h"],
  ["core/verify/stamp.cc", "core/worker/ioworker.h"],
  ["core/ring/ring_qpair.cc", "model/device/device.h"],
  ["model/nvm/zones.h", "glue/convert.h"],
  ["spdk/controller.cc", "model/media/media.h"],
];

/** The floors hold, and planted upward imports are seen: a guard that never barks proves nothing. */
export async function runFloors() {
  const outcome = { passed: 0, failed: 0, skipped: 0, reasons: [] };
  const tell = (ok, sentence, why = "") => {
    outcome[ok ? "passed" : "failed"] += 1;
    console.log(`${ok ? "ok    " : "FAILED"} ${sentence}${ok ? "" : `\n${why}`}`);
  };
  const now = await cruise(root);
  tell(now.code === 0, "no import goes upward", now.output);
  const upward = upwardIncludes(join(root, "libs/nvme-native/native"));
  tell(upward.length === 0, "no include of the driver's C++ half goes upward", upward.join("\n"));
  for (const [from, to] of plantedIncludes)
    tell(upwardInclude(from, to).length === 1, `${from} including ${to} is seen`, "it was not");
  const copy = mkdtempSync(join(tmpdir(), "assay-floors-"));
  try {
    copySources(copy);
    for (const plant of plants) plantInto(copy, plant);
    const { code, output } = await cruise(copy);
    for (const { rule, file, imports } of plants) {
      const seen =
        code !== 0 && output.includes(`${rule}: ${rule === "no-circles" ? `${dirname(file)}/planted-` : file}`);
      tell(seen, `${file} importing ${imports} breaks ${rule}`, output);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  return outcome;
}

const cruise = (folder) =>
  runProgram(
    process.execPath,
    [
      "node_modules/dependency-cruiser/bin/dependency-cruise.mjs",
      "--config",
      ".dependency-cruiser.cjs",
      "apps",
      "libs",
    ],
    { cwd: folder, limitMs: LIMIT_MS, quiet: true },
  );

function copySources(copy) {
  const keep = (path) => !/\/(node_modules|dist|build|\.git|\.assay)$/.test(path);
  const parts = ["apps", "libs", "test", "bench", "package.json"];
  for (const part of [...parts, ".dependency-cruiser.cjs", "tsconfig.base.json", "tsconfig.test.json"])
    cpSync(join(root, part), join(copy, part), { recursive: true, filter: keep, force: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
}

function plantInto(copy, { file, imports }) {
  writeFileSync(join(copy, file), `import * as upward from "${imports}";\nexport const planted = upward;\n`);
  if (!imports.startsWith("./")) return;
  const back = `import * as back from "./${basename(file, ".ts")}";\nexport const circle = back;\n`;
  writeFileSync(join(copy, dirname(file), `${imports}.ts`), back);
}
