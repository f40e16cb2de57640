/**
 * The guard (promise 6): may this run touch this drive? A pure decision over the host's own file, the facts of the host
 * and the identity as it was just read. Asked by the agent before a runner starts (`observed` null), by the runner after
 * every open, reset and power-on, and before each effect with the identity read again. The orchestrator has no say.
 */
import { GUARD_RULES, type GuardRule } from "./guard-rules";
import type { GuardQuestion } from "./question";

export type { GuardRule } from "./guard-rules";
export type { Effect, GuardQuestion } from "./question";

export type GuardAnswer = { allowed: true } | { allowed: false; rule: GuardRule; reason: string };

/** The first rule that objects, in the order of the table. */
export function askGuard(question: GuardQuestion): GuardAnswer {
  for (const [rule, object] of GUARD_RULES) {
    const reason = object(question);
    if (reason !== null) return { allowed: false, rule, reason };
  }
  return { allowed: true };
}
