import type { EventBody } from "@assay/protocol";

/** What this run did to the drive, in hours, bytes and cycles; kept for every run, aborted ones too. */
export class Exposure {
  private readBytes = 0n;
  private writtenBytes = 0n;
  private powerCycles = 0;
  private resets = 0;
  private poweredMs = 0;
  private poweredSinceMs: number | null = null;

  constructor(private readonly monotonicMs: () => number) {}

  poweredOn(): void {
    this.poweredSinceMs ??= this.monotonicMs();
  }
  poweredOff(): void {
    if (this.poweredSinceMs === null) return;
    this.poweredMs += this.monotonicMs() - this.poweredSinceMs;
    this.poweredSinceMs = null;
  }
  cycled(): void {
    this.powerCycles++;
  }
  wasReset(): void {
    this.resets++;
  }
  moved(readBytes: bigint, writtenBytes: bigint): void {
    this.readBytes += readBytes;
    this.writtenBytes += writtenBytes;
  }

  event(): EventBody {
    const running = this.poweredSinceMs === null ? 0 : this.monotonicMs() - this.poweredSinceMs;
    return {
      type: "exposure",
      poweredMs: Math.round(this.poweredMs + running),
      readBytes: this.readBytes.toString(),
      writtenBytes: this.writtenBytes.toString(),
      powerCycles: this.powerCycles,
      resets: this.resets,
    };
  }
}
