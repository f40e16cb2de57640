/** LBAs that a worker writes with FUA, and the planting of a loss among them: an older version where a durable one must be. */
import { expectStatus, type IoWorkerResult, type Namespace } from "../src";
import { type Bench, worker } from "./bench-drive";

const START_LBA = 8192n;
const LBAS = 64;
const FUA = 0x4000_0000;

export class DurableRegion {
  /** For a worker that runs until the power goes. */
  readonly options = worker({
    worker: 2,
    sizeBytes: 2048,
    readPercent: undefined,
    // It does not read: what was planted is the sweep's to find.
    operations: [{ opcode: "write", percent: 100, cdw: { cdw12: FUA } }],
    regionStartLba: START_LBA,
    regionLbas: BigInt(LBAS),
    depth: 4,
    verify: true,
    untilPowerLost: true,
    lastCommands: 256,
    sampleMs: 10,
  });
  /** Where a write is missing since the last `plant`; null: nowhere. */
  planted: bigint | null = null;
  #rounds = 0;
  /** What lay there at the end of the rounds before. */
  #older: Uint8Array[] = [];
  #healing: { lba: bigint; data: Uint8Array } | null = null;
  #untracked: Namespace | null = null;

  constructor(private readonly bench: Bench) {}

  /** Puts an older version over a write that the drive has acknowledged with FUA, after the one before was healed. */
  async plant(ended: IoWorkerResult): Promise<void> {
    const { controller, ns, qpair } = this.bench;
    this.#untracked ??= await controller.namespace(1, { apart: true });
    const data = new Uint8Array(LBAS * 512);
    expectStatus(await ns.read(qpair, START_LBA, data));
    const now: Uint8Array[] = Array.from({ length: LBAS }, (_, i) => data.slice(512 * i, 512 * (i + 1)));
    const written = ended.lastCommands.filter(({ opcode, completedNs }) => opcode === 1 && completedNs !== null);
    const durable = new Set(
      written.flatMap(({ slba, lbaCount }) => Array.from({ length: lbaCount }, (_, i) => Number(slba - START_LBA) + i)),
    );
    const healed = this.#healing;
    if (healed !== null) {
      const index = Number(healed.lba - START_LBA);
      if (!durable.has(index)) {
        await this.#write(healed.lba, healed.data);
        now[index] = healed.data;
      }
    }
    const candidates = [...durable].filter((i) => {
      const older = this.#older[i];
      return older !== undefined && !empty(older) && !same(older, now[i]!);
    });
    const index = candidates[(this.#rounds++ * 7919) % candidates.length];
    this.planted = index === undefined ? null : START_LBA + BigInt(index);
    this.#healing = index === undefined ? null : { lba: this.planted!, data: now[index]! };
    if (index !== undefined) await this.#write(this.planted!, this.#older[index]!);
    this.#older = now;
  }

  /** Behind the table's back, durable at once. */
  async #write(lba: bigint, data: Uint8Array): Promise<void> {
    expectStatus(await this.#untracked!.write(this.bench.qpair, lba, data, { fua: true }));
  }
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.from(a).equals(b);
const empty = (sector: Uint8Array) => sector.every((byte) => byte === 0);
