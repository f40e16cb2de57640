/** `npm start`: set up what is missing, then the embedded lab, in this process. */
import { createRequire } from "node:module";
import { setUp } from "./set-up/set-up.mjs";

const code = await setUp();
if (code !== 0) process.exit(code);
createRequire(import.meta.url)("../apps/embedded/dist/main.js");
