/**
 * When a claim was first sent, on disk before it is sent: the deadline counts from there (promise 1). If the answer is
 * lost, the lease may already run at the orchestrator, so a later attempt keeps the first time.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeDurably } from "../platform/durable-file";
import { parseRunName, type RunKey, runName } from "./run-directory";

const claimTimeSchema = z.object({ boottimeNs: z.string().regex(/^\d+$/), bootId: z.string() });

export class ClaimTimes {
  constructor(
    private readonly folder: string,
    private readonly bootId: string,
  ) {}

  /** The time of the first attempt that may have arrived, else `nowNs`, which is then kept. */
  begin(key: RunKey, nowNs: bigint): bigint {
    const before = this.read(key);
    if (before !== null && before.bootId === this.bootId) return BigInt(before.boottimeNs);
    writeDurably(this.file(key), JSON.stringify({ boottimeNs: nowNs.toString(), bootId: this.bootId }));
    return nowNs;
  }

  /** The claim has its directory, or it certainly did not arrive or was refused. */
  forget(key: RunKey): void {
    rmSync(this.file(key), { force: true });
  }

  /** Claims that may have arrived and have no answer: they must be sent again, nobody else will ask. */
  pending(): RunKey[] {
    return readdirSync(this.folder).flatMap((name) => parseRunName(name.replace(/\.json$/, "")) ?? []);
  }

  /** Claims that never came to anything, from before the given boot. */
  forgetOtherBoots(): void {
    for (const name of readdirSync(this.folder)) {
      const key = parseRunName(name.replace(/\.json$/, ""));
      if (key === null || this.read(key)?.bootId !== this.bootId) rmSync(join(this.folder, name), { force: true });
    }
  }

  private read(key: RunKey): z.infer<typeof claimTimeSchema> | null {
    try {
      return claimTimeSchema.parse(JSON.parse(readFileSync(this.file(key), "utf8")));
    } catch {
      return null;
    }
  }

  private file(key: RunKey): string {
    return join(this.folder, `${runName(key)}.json`);
  }
}
