/** `npm run build`: everything that is missing or out of date, and nothing twice. */
import { setUp } from "./set-up/set-up.mjs";

process.exitCode = await setUp();
