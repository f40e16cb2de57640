/** What every request for runs has in common. */
import { z } from "zod";

const MAX_PRIORITY = 1000;

/** In the author's syntax: `10s`, `64MiB`, numbers, flags. */
export const parameterValues = z.record(z.string().max(64), z.union([z.string().max(1024), z.number(), z.boolean()]));
export const priority = z.number().int().min(-MAX_PRIORITY).max(MAX_PRIORITY).default(0).describe("higher comes first");
