/** Timeouts, waiting, callbacks (B063 to B072). */
export {};
