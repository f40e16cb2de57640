#!/usr/bin/env node
import { readFileSync } from "node:fs";
/**
 * Prisma's schema engine for machines that cannot download the native one: npm ships the engine as WASM, this program
 * speaks the native engine's arguments and its line-based JSON-RPC over it. prisma.config.ts names it in
 * PRISMA_SCHEMA_ENGINE_BINARY, so `generate`, `validate`, `migrate diff|dev|deploy|status|resolve` work offline.
 *
 *   schema-engine.mjs [--datamodels file]... [--datasource json]      one JSON-RPC message per line, until stdin ends
 *   schema-engine.mjs --datasource json cli can-connect-to-database|create-database|drop-database
 *   schema-engine.mjs --version
 */
import { createInterface } from "node:readline";
import { openEngine, version } from "./wasm-engine.mjs";

/** What the native engine exits with after a panic; the CLI knows it. */
const PANIC = 101;
let finished = false;
const argv = process.argv.slice(2);
const valuesOf = (flag) => argv.flatMap((word, i) => (word === flag ? [argv[i + 1]] : []));
const write = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

async function main() {
  if (argv.includes("--version")) return process.stdout.write(`schema-engine-cli ${await version()}\n`);
  const datasource = JSON.parse(valuesOf("--datasource")[0] ?? "{}");
  const datamodels = valuesOf("--datamodels").map((path) => [path, readFileSync(path, "utf8")]);
  if (argv.includes("cli")) return command(argv[argv.length - 1], datasource);
  const engine = await openEngine({ url: datasource.url, shadowUrl: datasource.shadowDatabaseUrl, datamodels });
  for await (const line of createInterface({ input: process.stdin })) {
    const message = line.trim() === "" ? {} : JSON.parse(line);
    // Lines without a method are the CLI's answers to our `print` requests.
    if (message.method) write(await answer(engine, message));
  }
  await engine.close();
}

/** The engine's method of the same name; `getDatabaseVersion` is called `version` in the WASM build. */
async function answer(engine, { id, method, params }) {
  try {
    const name = method === "getDatabaseVersion" ? "version" : method;
    const result = await engine.call(name, params);
    // The CLI prints a diff only when the engine asks it to.
    if (method === "diff" && result.stdout)
      write({ jsonrpc: "2.0", id: -1, method: "print", params: { content: result.stdout } });
    return { jsonrpc: "2.0", id, result: result ?? null };
  } catch (error) {
    const message = String(error?.message ?? error);
    return {
      jsonrpc: "2.0",
      id,
      error: { code: 4466, message, data: { is_panic: false, message, error_code: error?.code ?? null } },
    };
  }
}

async function command(verb, { url }) {
  const { connect } = await import("./wasm-engine.mjs");
  if (!url) throw new Error(`${verb}: no datasource url`);
  const target = new URL(url);
  const name = decodeURIComponent(target.pathname.slice(1));
  if (verb === "create-database" || verb === "drop-database") target.pathname = "/postgres";
  const client = await connect(target.href);
  const quoted = `"${name.replaceAll('"', '""')}"`;
  if (verb === "create-database") await client.query(`CREATE DATABASE ${quoted}`);
  if (verb === "drop-database") await client.query(`DROP DATABASE ${quoted}`);
  await client.end();
}

// A panic of the WASM engine leaves its promise open for ever: without this the process would end with 0, "all well".
process.on("exit", (code) => {
  if (code === 0 && !finished) process.exitCode = PANIC;
});
process.on("uncaughtException", (error) => {
  explain(error);
  process.exit(PANIC);
});

main().then(
  () => {
    finished = true;
  },
  (error) => {
    explain(error);
    process.exitCode = 1;
  },
);

function explain(error) {
  const fields = { message: String(error?.message ?? error), error_code: error?.code ?? null };
  process.stderr.write(`\n${JSON.stringify({ level: "ERROR", target: "schema_engine::logger", fields })}\n`);
}
