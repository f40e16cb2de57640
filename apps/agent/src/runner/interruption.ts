/**
 * Why work stops although nothing broke.
 *
 * | kind | asked by | what still happens |
 * | --- | --- | --- |
 * | cancelled | an operator | `finally`, then the end |
 * | revoked | the lease is gone | nothing reaches the drive any more |
 * | deadline | the time budget | nothing reaches the drive any more |
 * | sibling | a step beside this one failed | the parallel step ends |
 */
export type InterruptionKind = "cancelled" | "revoked" | "deadline" | "sibling";

export class Interruption extends Error {
  constructor(
    readonly kind: InterruptionKind,
    message: string,
  ) {
    super(message);
    this.name = "Interruption";
  }
}

/** An abort controller that follows `parents` as well. Call `release` when its work is over. */
export function linkedAbort(...parents: AbortSignal[]): { controller: AbortController; release(): void } {
  const controller = new AbortController();
  const links = parents.map((parent) => {
    const follow = () => controller.abort(parent.reason);
    if (parent.aborted) follow();
    else parent.addEventListener("abort", follow, { once: true });
    return () => parent.removeEventListener("abort", follow);
  });
  return {
    controller,
    release() {
      for (const unlink of links) unlink();
    },
  };
}
