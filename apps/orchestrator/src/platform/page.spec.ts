import { z } from "zod";
import { decodeCursor, encodeCursor, toPage } from "./page";

const KEY = z.tuple([z.string(), z.number()]);

describe("a page", () => {
  const rows = [1, 2, 3].map((n) => ({ name: `row ${n}`, n }));
  const page = (limit: number) =>
    toPage(
      rows,
      limit,
      ({ name, n }) => [name, n],
      ({ n }) => n,
    );

  it("names the next one when a row more was found than it shows", () => {
    const { items, nextCursor } = page(2);
    expect(items).toEqual([1, 2]);
    expect(decodeCursor(nextCursor!, KEY)).toEqual(["row 2", 2]);
  });

  it("is the last when no row more was found", () => {
    expect(page(3)).toEqual({ items: [1, 2, 3], nextCursor: null });
  });

  it("is the first without a cursor", () => {
    expect(decodeCursor(undefined, KEY)).toBeNull();
    expect(decodeCursor("", KEY)).toBeNull();
  });

  it.each(["nonsense", encodeCursor(["of", "another", "list"]), "e30"])("is refused for the cursor %s", (cursor) => {
    expect(() => decodeCursor(cursor, KEY)).toThrow("nextCursor");
  });
});
