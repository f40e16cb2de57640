/** PRP1, PRP2 and PRP lists (NVMe Base 2.0, 4.1.1) for a piece of memory whose pages have addresses. Pure. */
export const PAGE_BYTES = 4096;
const ENTRIES_OF_A_PAGE = PAGE_BYTES / 8;

export interface PrpPlan {
  prp1: bigint;
  /** 0n, the address of the second page, or null: the address of the first list page. */
  prp2: bigint | null;
  /** Addresses of pages that a list has to name, in order; empty without a list. */
  listed: bigint[];
}

/** `address(offset)` gives the physical address of a byte. */
export function planPrp(address: (offset: number) => bigint, offset: number, bytes: number): PrpPlan {
  const prp1 = address(offset);
  const rest: bigint[] = [];
  for (let at = offset + PAGE_BYTES - (offset % PAGE_BYTES); at < offset + bytes; at += PAGE_BYTES)
    rest.push(address(at));
  if (rest.length === 0) return { prp1, prp2: 0n, listed: [] };
  if (rest.length === 1) return { prp1, prp2: rest[0]!, listed: [] };
  return { prp1, prp2: null, listed: rest };
}

/** List pages that `entries` page addresses need: the last entry of a full page leads to the next one. */
export function listPages(entries: number): number {
  let pages = 1;
  for (let room = ENTRIES_OF_A_PAGE; entries > room; pages++) room += ENTRIES_OF_A_PAGE - 1;
  return pages;
}

/** The contents of the list pages; `address(page)` is where each of them lies. */
export function fillList(listed: bigint[], address: (page: number) => bigint): Buffer {
  const pages = listPages(listed.length);
  const bytes = Buffer.alloc(pages * PAGE_BYTES);
  let at = 0;
  listed.forEach((entry, i) => {
    const last = at % PAGE_BYTES === PAGE_BYTES - 8;
    if (last && i < listed.length - 1) {
      bytes.writeBigUInt64LE(address((at + 8) / PAGE_BYTES), at);
      at += 8;
    }
    bytes.writeBigUInt64LE(entry, at);
    at += 8;
  });
  return bytes;
}
