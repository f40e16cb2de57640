/** What of this machine a guest needs to run TypeScript of this repository: Node, the addon, libraries, sources by swc. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { transformSync } from "@swc/core";

const native = dirname(dirname(__dirname));
const root = dirname(dirname(native));
/** Where the repository lies in the guest, and the library in it. */
export const ROOT = "/assay";
export const PLACE = `${ROOT}/libs/nvme-native`;

/** Shared libraries of a program by their paths, the loader among them. */
export function librariesOf(program: string): string[] {
  const needed = execFileSync("ldd", [program], { encoding: "utf8" });
  return [...needed.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path!);
}

/** Names of npm packages with all that they depend on. */
function packagesOf(names: string[]): Set<string> {
  const found = new Set<string>();
  const add = (name: string) => {
    const path = join(root, "node_modules", name, "package.json");
    // One that is not here lies inside the package that wants it.
    if (found.has(name) || !existsSync(path)) return;
    found.add(name);
    const manifest = JSON.parse(readFileSync(path, "utf8"));
    for (const dependency of Object.keys(manifest.dependencies ?? {})) add(dependency);
  };
  for (const name of names) add(name);
  return found;
}

function compile(from: string, to: string): void {
  for (const entry of readdirSync(from, { recursive: true, encoding: "utf8" })) {
    if (!entry.endsWith(".ts") || entry.endsWith(".spec.ts")) continue;
    const filename = join(from, entry);
    const { code } = transformSync(readFileSync(filename, "utf8"), {
      filename,
      jsc: { target: "es2022", parser: { syntax: "typescript" } },
      module: { type: "commonjs" },
    });
    const target = join(to, entry.replace(/\.ts$/, ".js"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code);
  }
}

/**
 * Files of this machine by their place in the guest.
 * @param folder what is compiled is written below it
 * @param packages npm packages that the guest's programs use beside the library's own
 * @param sources folders of the repository with TypeScript beside the library's own
 */
export function nodeFiles(folder: string, packages: string[], sources: string[]): Record<string, string> {
  const addon = join(native, "build/assay_nvme.node");
  const files: Record<string, string> = {
    [process.execPath]: process.execPath,
    [`${PLACE}/build/assay_nvme.node`]: addon,
  };
  for (const program of [process.execPath, addon]) for (const path of librariesOf(program)) files[path] = path;
  const inGuest = (place: string) => join(folder, relative("/", place));
  for (const part of ["libs/nvme-native/src", "libs/nvme-native/test", ...sources])
    compile(join(root, part), inGuest(`${ROOT}/${part}`));
  const library = (name: string) => inGuest(`${ROOT}/node_modules/@assay/${name}`);
  for (const name of ["protocol", "plans"]) compile(join(root, "libs", name, "src"), library(name));
  mkdirSync(library("nvme-native"), { recursive: true });
  writeFileSync(join(library("nvme-native"), "index.js"), `module.exports = require("${PLACE}/src");\n`);
  files[ROOT] = inGuest(ROOT);
  for (const name of packagesOf(["zod", "yaml", ...packages]))
    files[`${ROOT}/node_modules/${name}`] = join(root, "node_modules", name);
  return files;
}
