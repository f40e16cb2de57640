/** Where in the plan one execution of a step stands. */
export interface Standing {
  /** Ids of the enclosing repeats (a `parallel` is transparent), outermost first. */
  repeats: string[];
  /** Zero-based iteration of each of them. */
  iteration: number[];
}

/** As events and observations say it: repeats and own id, joined by `/`. Pure. */
export function placeOf(standing: Standing, id: string): { path: string; iteration: number[] } {
  return { path: [...standing.repeats, id].join("/"), iteration: standing.iteration };
}
