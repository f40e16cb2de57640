/** The plans and data sheets that come with Assay: read at every start, kept once by their content. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Problem, parsePlan, parseSheet } from "@assay/plans";
import { Injectable, type OnModuleInit } from "@nestjs/common";
import { Clock } from "../platform/clock";
import { Config } from "../platform/config";
import { Log } from "../platform/log";
import { StartRefused, Startup } from "../platform/startup";
import { PlanStore } from "./plan-store";

const MAX_FILES = 1000;

@Injectable()
export class Catalog implements OnModuleInit {
  constructor(
    private readonly config: Config,
    private readonly store: PlanStore,
    private readonly clock: Clock,
    private readonly startup: Startup,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.startup.prepare("the catalogue of plans", () => this.load());
  }

  /** @throws StartRefused when a file of ours is not valid. */
  async load(): Promise<void> {
    const by = { createdBy: "catalogue", at: this.clock.now(), fromCatalog: true };
    const added: string[] = [];
    for (const file of await filesBelow(this.config.catalogFolder)) {
      const source = await readFile(file, "utf8");
      if (file.endsWith(".plan.yaml")) {
        const parsed = parsePlan(source);
        if ("problems" in parsed) throw invalid(file, parsed.problems);
        const { name, version, created } = await this.store.keep(parsed.plan, source, by);
        if (created) added.push(`${name} ${version}`);
      } else if (file.endsWith(".sheet.yaml")) {
        const parsed = parseSheet(source);
        if ("problems" in parsed) throw invalid(file, parsed.problems);
        if (await this.store.keepSheet(parsed.sheet, by.at)) added.push(`data sheet ${parsed.sheet.model}`);
      }
    }
    if (added.length > 0) this.log.info("catalogue loaded", { added });
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.sort().slice(0, MAX_FILES);
}

function invalid(file: string, [first]: Problem[]): StartRefused {
  return new StartRefused(`${file}:${first?.line}:${first?.column}: ${first?.message}`);
}
