/** What of this machine a guest needs to run the driver's TypeScript: Node, the addon, libraries, sources by swc. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { transformSync } from "@swc/core";

const native = dirname(dirname(__dirname));
const root = dirname(dirname(native));
/** Where the library lies in the guest. */
export const PLACE = "/assay/libs/nvme-native";

/** Shared libraries of a program by their paths, the loader among them. */
function librariesOf(program: string): string[] {
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
 */
export function nodeFiles(folder: string, packages: string[]): Record<string, string> {
  const addon = join(native, "build/assay_nvme.node");
  const files: Record<string, string> = {
    [process.execPath]: process.execPath,
    [`${PLACE}/build/assay_nvme.node`]: addon,
  };
  for (const program of [process.execPath, addon]) for (const path of librariesOf(program)) files[path] = path;
  for (const part of ["src", "test"]) compile(join(native, part), join(folder, relative("/", PLACE), part));
  for (const library of ["protocol", "plans"])
    compile(join(root, "libs", library, "src"), join(folder, "assay/node_modules/@assay", library));
  files["/assay"] = join(folder, "assay");
  for (const name of packagesOf(["zod", "yaml", ...packages]))
    files[`/assay/node_modules/${name}`] = join(root, "node_modules", name);
  return files;
}
