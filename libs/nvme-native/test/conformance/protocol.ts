/** Protocol level, in bare mode (X01 to X09). */
export {};
