/** A guest of the PCIe host that is replaced when QEMU dies of itself: what it did not outlive is asked again in another. */
import { PcieGuest, type PcieGuestOptions } from "./pcie-guest";
import type { GuestAnswer, GuestRequest } from "./requests";

/** QEMU 7.2 sometimes dies (SIGSEGV in its NVMe drive) when a reset takes queues away from commands in flight. */
const MAX_GUESTS = 3;
/** For the boot of a guest and what it does before it can be asked. */
export const GUEST_START_LIMIT_MS = 300_000;

type Holder = Parameters<PcieGuest["bind"]>[0];

export class LastingGuest {
  #guests = 1;
  #holder: Holder = "vfio-pci";

  private constructor(
    private guest: PcieGuest,
    private readonly options: PcieGuestOptions,
  ) {}

  static async start(options: PcieGuestOptions = {}): Promise<LastingGuest> {
    return new LastingGuest(await PcieGuest.start(options), options);
  }

  /** Why nothing can be shown here although the guest runs; null when all is well. */
  get lacks(): string | null {
    return this.guest.lacks;
  }

  async ask(request: GuestRequest): Promise<GuestAnswer> {
    for (;;) {
      const answer = await this.guest.ask(request);
      const { died } = this.guest;
      if (!("failed" in answer) || died === null || this.#guests === MAX_GUESTS) return answer;
      this.#guests++;
      process.stdout.write(`QEMU died (${died}), guest ${this.#guests} is asked again: ${JSON.stringify(request)}\n`);
      await this.guest.stop();
      this.guest = await PcieGuest.start(this.options);
      if (this.#holder !== "vfio-pci") await this.guest.bind(this.#holder);
    }
  }

  /** What a shell command prints, with no process on the drives. @throws when it fails */
  async shell(command: string, limitMs: number): Promise<string> {
    const answer = await this.ask({ shell: command, limitMs });
    if ("output" in answer) return answer.output;
    throw new Error("failed" in answer ? answer.failed : JSON.stringify(answer));
  }

  /** Gives the first function to another driver of the kernel. */
  async bind(holder: Holder): Promise<void> {
    this.#holder = holder;
    await this.guest.bind(holder);
  }

  stop(): Promise<void> {
    return this.guest.stop();
  }
}
