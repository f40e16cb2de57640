/** What submission and completion queues in lent memory have in common. */
import type { DmaMemory } from "./dma-memory";

export interface QueuePlace {
  qid: number;
  entries: number;
  memory: DmaMemory;
  /** PRP1 of the Create command: the first page, or a list of pages. */
  prp1: bigint;
  contiguous: boolean;
  doorbell: (value: number) => Promise<void>;
}

export abstract class BareQueue {
  constructor(readonly place: QueuePlace) {}

  get qid(): number {
    return this.place.qid;
  }
  get entries(): number {
    return this.place.entries;
  }
  get memory(): DmaMemory {
    return this.place.memory;
  }
}
