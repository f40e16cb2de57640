/** The ioworker (B110 to B120). */
export {};
