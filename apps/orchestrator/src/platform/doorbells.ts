/**
 * How a lower floor speaks upward: it rings, somebody above looks at the rows again. A bell carries an id, never state;
 * a ring may be lost or come twice (the reconciler finds what was missed). The provider is in dispatch/.
 */

/** schedule: something may start now; summarise: look at this run; reconcile: look at everything that waits. */
export type Bell = "schedule" | "summarise" | "reconcile";
export type BellHandler = (id: string | null) => Promise<void>;

export abstract class Doorbells {
  /** Fire and forget: never throws, never waits. */
  abstract ring(bell: Bell, id?: string): void;
  /** Rings an agent: look at this run. */
  abstract ringHost(queueName: string, runId: string, epoch: number): void;
  /** Does a bell's work in this process, now, whatever the queue does: for the reconciler. Throws what the handler throws. */
  abstract answerHere(bell: Bell, id?: string): Promise<void>;
  /** Exactly one handler per bell, registered before the start. */
  abstract answer(bell: Bell, handler: BellHandler): void;
}
