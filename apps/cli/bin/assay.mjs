#!/usr/bin/env node
/** `npx assay`: in a clone that is not set up yet it says what to do. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));
if (existsSync(program)) createRequire(import.meta.url)(program);
else {
  console.error("assay: this clone is not set up yet. Run `npm run build` (or `npm start`, which also starts a lab).");
  process.exitCode = 2;
}
