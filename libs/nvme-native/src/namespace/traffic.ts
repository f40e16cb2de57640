/** What moves data of a namespace just now, and what must not happen meanwhile. */
import type { NamespaceIdentity } from "../controller/identity";
import { NvmeError } from "../nvme-error";

/** The traffic that a controller has at this moment. */
export type BusyNamespaces = Set<NamespaceTraffic>;

/** Commands of scripts, workers and sweeps that have a length in LBAs of the size that the namespace has now. */
export class NamespaceTraffic {
  #moving = 0;
  #held = 0;
  /** Its nsid belongs to another namespace now. */
  superseded = false;

  constructor(
    readonly identity: NamespaceIdentity,
    private readonly busy: BusyNamespaces,
  ) {}

  /** How many. */
  get moving(): number {
    return this.#moving;
  }

  /** Nothing new may begin until what this gives was called. */
  hold(): () => void {
    this.#held++;
    return () => {
      this.#held--;
    };
  }

  /** @throws ERR_BUSY */
  admit(): void {
    if (this.#held > 0)
      throw new NvmeError("ERR_BUSY", `namespace ${this.identity.nsid} is being formatted to other sectors`);
  }

  /** Counts as moving until it has ended. */
  async during<T>(ended: Promise<T>): Promise<T> {
    this.#moving++;
    this.busy.add(this);
    try {
      return await ended;
    } finally {
      this.#moving--;
      if (this.#moving === 0) this.busy.delete(this);
    }
  }
}
