import type { ReservationType } from "../src";

/** Whether a host that is not the holder may read, and may write (NVMe Base 2.0, figure 84). */
type May = readonly [reads: boolean, writes: boolean];

/** Of each type, what hosts may do that are registered and that are not. */
export const WHO_MAY: readonly [ReservationType, { registered: May; stranger: May }][] = [
  ["writeExclusive", { registered: [true, false], stranger: [true, false] }],
  ["exclusiveAccess", { registered: [false, false], stranger: [false, false] }],
  ["writeExclusiveRegistrantsOnly", { registered: [true, true], stranger: [true, false] }],
  ["exclusiveAccessRegistrantsOnly", { registered: [true, true], stranger: [false, false] }],
  ["writeExclusiveAllRegistrants", { registered: [true, true], stranger: [true, false] }],
  ["exclusiveAccessAllRegistrants", { registered: [true, true], stranger: [false, false] }],
];
