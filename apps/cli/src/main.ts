/** `assay`: the front door. Everything that varies (environment, streams, folder) is handed in from here. */
import { serverSettings } from "./environment";
import { runCommand } from "./program";

// Flushed output matters more than a quick exit: a pipe that is read slowly must get all of it.
runCommand(process.argv, {
  settings: serverSettings(),
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
}).then((exitCode) => {
  process.exitCode = exitCode;
});
// `assay run list | head` closes our stdout early; that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});
