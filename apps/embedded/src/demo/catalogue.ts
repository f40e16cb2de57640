import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Sources of the plans that come with Assay. */
export function cataloguePlans(repository: string): string[] {
  const folder = join(repository, "libs", "plans", "catalog");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".plan.yaml"))
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8"));
}
