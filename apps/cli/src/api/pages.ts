interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** The newest `limit` items of a paged list. @param fetchPage asks for one page after a cursor */
export async function takeItems<T>(
  limit: number,
  fetchPage: (cursor: string | undefined, limit: number) => Promise<Page<T>>,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await fetchPage(cursor, Math.min(LARGEST_PAGE, limit - items.length));
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && items.length < limit);
  return items.slice(0, limit);
}

const LARGEST_PAGE = 200;
