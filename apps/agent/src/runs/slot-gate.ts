/** One user of a slot at a time on this host: a probe, or a run that is not known to have ended. */
export class SlotGate {
  private readonly probes = new Map<string, Promise<void>>();

  /** Takes the slots for a probe that `work` carries out. A run that wants one of them waits for its end. */
  async probe<T>(slots: string[], work: () => Promise<T>): Promise<T> {
    let release = () => {};
    const ended = new Promise<void>((done) => {
      release = done;
    });
    for (const slot of slots) this.probes.set(slot, ended);
    try {
      return await work();
    } finally {
      for (const slot of slots) if (this.probes.get(slot) === ended) this.probes.delete(slot);
      release();
    }
  }

  /** Settles when no probe has the slot. */
  async whenFree(slot: string): Promise<void> {
    for (let probe = this.probes.get(slot); probe !== undefined; probe = this.probes.get(slot)) await probe;
  }
}
