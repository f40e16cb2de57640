/** Cursor pagination: `?cursor=&limit=` -> `{items, nextCursor}`. A cursor is the sort key of the last item, opaque. */
import { z } from "zod";
import { problem } from "./problem";

export const DEFAULT_PAGE = 50;
export const MAX_PAGE = 500;
const MAX_CURSOR = 1024;

/** Query parameters of every list; extend it with filters. */
export const pageQuery = z.object({
  cursor: z.string().max(MAX_CURSOR).optional().describe("`nextCursor` of the page before"),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
});
export type PageQuery = z.infer<typeof pageQuery>;

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

export function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString("base64url");
}

/** @throws Problem `invalid-cursor` when it does not carry a key of that shape. Null without a cursor. */
export function decodeCursor<T extends z.ZodType>(cursor: string | undefined, key: T): z.infer<T> | null {
  if (cursor === undefined || cursor === "") return null;
  try {
    return key.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch {
    throw problem("invalid-cursor", "take `nextCursor` of the page before, unchanged, with the same filters");
  }
}

/**
 * `rows` were read with `limit + 1`: one more than the page tells that there is a next one.
 * @param keyOf the sort key of a row, which the next page's query starts after
 */
export function toPage<R, T>(
  rows: R[],
  limit: number,
  keyOf: (row: R) => readonly (string | number)[],
  map: (row: R) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown[shown.length - 1];
  return {
    items: shown.map(map),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null,
  };
}
