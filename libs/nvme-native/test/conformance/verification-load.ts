/** What the behaviours of data verification share: one load, one region, one table. */
import type { IoWorkerOptions } from "../../src";
import { worker } from "../bench-drive";
import type { ConformanceBench } from "./behaviour";

export const SEED = 11n;
export const MODEL = { on: ["model"] as const };
export const LBAS = 1024n;

export const load = (more: Partial<IoWorkerOptions> = {}): IoWorkerOptions =>
  worker({ regionLbas: LBAS, ioCount: 4_000, verify: true, ...more });
export const fill = (more: Partial<IoWorkerOptions> = {}): IoWorkerOptions =>
  load({ randomPercent: 0, readPercent: 0, ioCount: null, passes: 1, ...more });
export const all = { rule: "exact" as const, regionStartLba: 0n, regionLbas: LBAS, written: true };
export const sectors = (bench: ConformanceBench, count: number) => new Uint8Array(count * bench.ns.identity.lbaBytes);
export const table = (bench: ConformanceBench) => bench.ns.openVerifyTable(`${bench.folder}/t.verify`, SEED);
