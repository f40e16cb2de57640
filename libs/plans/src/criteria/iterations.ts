/** The iterations that a plan promises. */
import type { Observation } from "../model";
import type { StepPlace } from "../places";

type Repeats = StepPlace["repeats"];

/**
 * All iterations of nested repeats, in order, outermost number first: `[[0, 0], [0, 1], ..]`; no repeats: `[[]]`.
 * `inside` keeps to one iteration of the outer repeats.
 * `last` ends a repeat early: id of the repeat -> flat number of the last iteration that was begun.
 */
export function iterationsOf(
  repeats: Repeats,
  last: ReadonlyMap<string, number> = new Map(),
  inside: readonly number[] = [],
): number[][] {
  let all: number[][] = [[...inside]];
  repeats.forEach(({ id, times }, depth) => {
    if (depth < inside.length) return;
    const end = last.get(id) ?? Number.POSITIVE_INFINITY;
    all = all.flatMap((outer) => {
      const base = flatIteration(outer, repeats.slice(0, depth)) * times;
      const count = Math.max(0, Math.min(times, end - base + 1));
      return Array.from({ length: count }, (_, index) => [...outer, index]);
    });
  });
  return all;
}

/** One number for an iteration of nested repeats, counted through from the start of the run. */
export function flatIteration(iteration: readonly number[], repeats: Repeats): number {
  return repeats.reduce((flat, { times }, depth) => flat * times + (iteration[depth] ?? 0), 0);
}

/** How many iterations of each repeat (counted through) left at least one observation, or lie before one that did. */
export function iterationsBegun(
  observations: readonly Observation[],
  places: ReadonlyMap<string, StepPlace>,
): ReadonlyMap<string, number> {
  const begun = new Map<string, number>();
  for (const { path, iteration } of observations) {
    const repeats = places.get(path.slice(path.lastIndexOf("/") + 1))?.repeats ?? [];
    repeats.forEach(({ id }, depth) => {
      const count = flatIteration(iteration, repeats.slice(0, depth + 1)) + 1;
      if (count > (begun.get(id) ?? 0)) begun.set(id, count);
    });
  }
  return begun;
}
