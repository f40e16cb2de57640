/** Buffers (B001 to B014). */
export {};
