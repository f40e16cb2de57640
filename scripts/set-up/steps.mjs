import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkCompilers } from "./machine.mjs";

const source = (path) => /\.(ts|tsx|json)$/.test(path) && !/\.(spec|test)\.tsx?$/.test(path);
const workspaces = ["libs/plans", "libs/protocol", "libs/nvme-native", "libs/embedded-postgres"].concat([
  "apps/agent",
  "apps/orchestrator",
  "apps/cli",
  "apps/embedded",
]);
const node = process.execPath;
/** Where an SPDK comes from, if one is found: another one needs another addon. */
const spdkLibraries = () =>
  spawnSync("pkg-config", ["--libs", "spdk_nvme", "spdk_env_dpdk", "spdk_sock_posix"], { encoding: "utf8" }).stdout ??
  "";
const hasFile = (root, path) => existsSync(join(root, path));
const started = (root) =>
  workspaces.filter((w) => hasFile(root, `${w}/src`) && readdirSync(join(root, w, "src")).length > 0);

/**
 * What is built, in order, after the packages are there. `inputs` are files or folders below the root, `outputs` must
 * exist afterwards, `before` may refuse, `command` runs in the root; a step whose `when` says no is left out.
 */
export const steps = [
  {
    name: "driver",
    title: "Compiling the NVMe driver",
    inputs: ["native", "build.mjs", "Makefile", "package.json"].map((path) => `libs/nvme-native/${path}`),
    extra: () => [process.versions.modules, process.arch, process.env.CXX ?? "", spdkLibraries()].join("|"),
    outputs: () => ["libs/nvme-native/build/assay_nvme.node"],
    when: (root) => hasFile(root, "libs/nvme-native/build.mjs"),
    before: checkCompilers,
    command: () => [node, ["libs/nvme-native/build.mjs"]],
  },
  {
    name: "database-client",
    title: "Generating the database client",
    inputs: ["prisma/schema.prisma", "prisma.config.ts", "prisma/generate.mjs"],
    outputs: () => ["apps/orchestrator/src/generated/prisma/client.ts"],
    when: (root) => readFileSync(join(root, "apps/orchestrator/package.json"), "utf8").includes('"generate"'),
    command: () => ["npm", ["run", "--silent", "generate", "-w", "@assay/orchestrator"]],
  },
  {
    name: "api-types",
    title: "Generating the API types",
    inputs: ["apps/orchestrator/openapi.json"],
    outputs: () => ["apps/cli/src/generated/api.ts"],
    when: (root) => hasFile(root, "apps/orchestrator/openapi.json"),
    command: (root) => {
      const nested = "apps/cli/node_modules/openapi-typescript/bin/cli.js";
      const program = existsSync(join(root, nested)) ? nested : "node_modules/openapi-typescript/bin/cli.js";
      const written = ["apps/orchestrator/openapi.json", "-o", "apps/cli/src/generated/api.ts"];
      // What has a default need not be given.
      return [node, [program, ...written, "--default-non-nullable=false"]];
    },
  },
  {
    name: "typescript",
    title: "Compiling TypeScript",
    inputs: ["tsconfig.base.json", "tsconfig.json", ...workspaces.flatMap((w) => [`${w}/src`, `${w}/tsconfig.json`])],
    wanted: source,
    outputs: (root) => started(root).map((w) => `${w}/dist`),
    command: (root) => [node, ["node_modules/typescript/bin/tsc", "-b", ...started(root)]],
  },
];
