import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkCompilers } from "./machine.mjs";

const source = (path) => /\.(ts|tsx|json)$/.test(path) && !/\.(spec|test)\.tsx?$/.test(path);
const libraries = ["libs/plans", "libs/protocol", "libs/nvme-native", "libs/embedded-postgres"];
const apps = ["apps/agent", "apps/orchestrator", "apps/cli", "apps/embedded"];
const node = process.execPath;
/** Where an SPDK comes from, if one is found: another one needs another addon. */
const spdkLibraries = () =>
  spawnSync("pkg-config", ["--libs", "spdk_nvme", "spdk_env_dpdk", "spdk_sock_posix"], { encoding: "utf8" }).stdout ??
  "";

/**
 * What is built, in order, after the packages are there. `inputs` are files or folders below the root, `outputs` must
 * exist afterwards, `before` may refuse, `command` runs in the root.
 */
export const steps = [
  {
    name: "driver",
    title: "Compiling the NVMe driver",
    inputs: ["native", "build.mjs", "Makefile", "package.json"].map((path) => `libs/nvme-native/${path}`),
    extra: () => [process.versions.modules, process.arch, process.env.CXX ?? "", spdkLibraries()].join("|"),
    outputs: ["libs/nvme-native/build/assay_nvme.node"],
    before: checkCompilers,
    command: () => [node, ["libs/nvme-native/build.mjs"]],
  },
  {
    name: "database-client",
    title: "Generating the database client",
    inputs: ["prisma/schema.prisma", "prisma.config.ts", "prisma/generate.mjs", "package-lock.json"],
    outputs: ["apps/orchestrator/src/generated/prisma/client.ts"],
    command: () => ["npm", ["run", "--silent", "generate", "-w", "@assay/orchestrator"]],
  },
  {
    name: "api-types",
    title: "Generating the API types",
    inputs: ["apps/orchestrator/openapi.json"],
    outputs: ["apps/cli/src/generated/api.ts"],
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
    inputs: [
      ...["tsconfig.base.json", "tsconfig.json", "package-lock.json"],
      ...[...libraries, ...apps].flatMap((workspace) => [`${workspace}/src`, `${workspace}/tsconfig.json`]),
    ],
    wanted: source,
    outputs: [...libraries.map((library) => `${library}/dist/index.js`), ...apps.map((app) => `${app}/dist/main.js`)],
    command: () => [node, ["node_modules/typescript/bin/tsc", "-b"]],
  },
];
