/** The closed word lists of product.md, one place for both ends. */
import { z } from "zod";

export const verdictSchema = z.enum(["passed", "failed", "errored", "aborted"]);
export type Verdict = z.infer<typeof verdictSchema>;

export const attributionSchema = z.enum([
  "dut",
  "firmware",
  "test",
  "slot",
  "host",
  "link",
  "power",
  "network",
  "target",
  "environment",
  "orchestrator",
  "operator",
  "unknown",
]);
export type AttributionCause = z.infer<typeof attributionSchema>;

export const transportSchema = z.enum(["model", "spdk-pcie", "spdk-tcp", "spdk-vfio-user"]);
export type Transport = z.infer<typeof transportSchema>;

export const effectSchema = z.enum(["writes", "destroys-data", "power-cycles"]);

/** Integers above 2^53 travel as decimal strings. */
export const bigCount = z.string().regex(/^\d{1,39}$/);
/** Milliseconds since the Unix epoch, by the sender's clock. */
export const epochMs = z.number().int().nonnegative();

export const identitySchema = z.object({
  model: z.string().min(1).max(40),
  serial: z.string().min(1).max(20),
  nguid: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .nullable(),
  eui64: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .nullable(),
  firmware: z.string().max(8),
});
export type Identity = z.infer<typeof identitySchema>;
