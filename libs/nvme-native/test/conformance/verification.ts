/** Data verification (B101 to B109). */
export {};
