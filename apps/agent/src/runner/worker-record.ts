/** What the workers of one ioworker step say while they run, batched into events of bounded number and size. */
import type { IoWorkerEvent, NativeMiscompare } from "@assay/nvme-native";
import type { EventBody, Miscompare, Sample } from "@assay/protocol";

/** Longest time that one `samples` event covers. */
export const SAMPLES_EVENT_MS = 10_000;
/** Most samples of one event. */
export const SAMPLES_EVENT_MAX = 1000;
/** Miscompares listed per execution of a step; the rest is counted. */
export const MAX_MISCOMPARES = 64;

type Place = { path: string; iteration: number[] };

export class WorkerRecord {
  private samples: Sample[] = [];
  private listed = 0;
  private still = false;

  constructor(
    private readonly append: (body: EventBody) => void,
    private readonly place: Place,
  ) {}

  /** Miscompares that were not listed. */
  unlisted = 0;

  /** The drive is frozen: what is told from now on is how long it stood, and no measurement. */
  standStill(): void {
    this.still = true;
  }

  take(worker: number, event: IoWorkerEvent): void {
    if (this.still && event.type !== "miscompare") return;
    if (event.type === "sample") this.takeSample(event.sample);
    else if (event.type === "miscompare") this.takeMiscompare(event.miscompare);
    else if (event.type === "histogram") this.takeHistogram(worker, event);
  }

  takeMiscompare(miscompare: NativeMiscompare): void {
    if (this.listed >= MAX_MISCOMPARES) {
      this.unlisted++;
      return;
    }
    this.listed++;
    this.append({ type: "miscompare", ...this.place, ...miscompareFields(miscompare) });
  }

  /** Writes what is still held back. */
  flush(): void {
    if (this.samples.length === 0) return;
    this.append({ type: "samples", ...this.place, samples: this.samples });
    this.samples = [];
  }

  private takeHistogram(worker: number, event: Extract<IoWorkerEvent, { type: "histogram" }>): void {
    const { operation, fromMs, toMs, buckets } = event;
    if (buckets.length === 0) return;
    this.append({ type: "histogram", ...this.place, worker, operation, fromMs, toMs, buckets });
  }

  private takeSample(sample: Sample): void {
    this.samples.push(sample);
    const coveredMs = sample.atMs - this.samples[0]!.atMs + sample.intervalMs;
    if (coveredMs >= SAMPLES_EVENT_MS || this.samples.length >= SAMPLES_EVENT_MAX) this.flush();
  }
}

/** As the wire wants it: big integers as decimal strings. Pure. */
export function miscompareFields(m: NativeMiscompare): Miscompare {
  const text = (value: bigint | null) => (value === null ? null : value.toString());
  return {
    nsid: m.nsid,
    lba: m.lba.toString(),
    kind: m.kind,
    byteOffset: m.byteOffset,
    expectedToken: text(m.expectedToken),
    gotToken: text(m.gotToken),
    expectedLba: text(m.expectedLba),
    gotLba: text(m.gotLba),
    expected: m.expected,
    got: m.got,
  };
}
