/** The WASM schema engine with a PostgreSQL adapter whose gaps (stack.md, "adapter-pg 7.10") are closed. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

// The packages belong to the orchestrator's workspace, wherever npm has put them.
const require = createRequire(new URL("../apps/orchestrator/package.json", import.meta.url));
const CHAR_OID = 18;
const TEXT_OID = 25;

let bindings;
globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => console.error(message) };

async function load() {
  if (bindings) return bindings;
  const folder = dirname(require.resolve("@prisma/schema-engine-wasm"));
  const glue = await import(pathToFileURL(join(folder, "schema_engine_bg.js")).href);
  const module = new WebAssembly.Module(readFileSync(join(folder, "schema_engine_bg.wasm")));
  const instance = new WebAssembly.Instance(module, { "./schema_engine_bg.js": glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  bindings = glue;
  return glue;
}

export async function version() {
  return (await load()).version();
}

export async function connect(url) {
  const { Client } = require("pg");
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

/** adapter-pg maps no `"char"` and would refuse every introspection: give those columns the engine's own type. */
function teachChar(adapter) {
  const { ColumnTypeEnum } = require("@prisma/driver-adapter-utils");
  const shared = Object.getPrototypeOf(Object.getPrototypeOf(adapter));
  if (shared.knowsChar) return;
  shared.knowsChar = true;
  const charColumns = new WeakMap();
  const { performIO, queryRaw } = shared;
  shared.performIO = async function (query) {
    const result = await performIO.call(this, query);
    const places = (result.fields ?? []).flatMap((field, i) => (field.dataTypeID === CHAR_OID ? [i] : []));
    for (const i of places) result.fields[i].dataTypeID = TEXT_OID;
    charColumns.set(query, places);
    return result;
  };
  shared.queryRaw = async function (query) {
    const result = await queryRaw.call(this, query);
    for (const i of charColumns.get(query) ?? []) result.columnTypes[i] = ColumnTypeEnum.Character;
    return result;
  };
}

const PRETENDED_SERVER = {
  columnNames: ["exists", "version", "numeric_version"],
  columnTypes: [5, 7, 0], // boolean, text, int32 of @prisma/driver-adapter-utils
  rows: [[true, "PostgreSQL 18.0", 180000]],
};

/** Answers what the engine asks of every connection and refuses the rest. */
function noDatabase() {
  const refuse = async () => {
    throw new Error("this command needs a database: set DATABASE_URL (and SHADOW_DATABASE_URL for migrations)");
  };
  return {
    provider: "postgres",
    adapterName: "@prisma/adapter-pg",
    queryRaw: async (query) => (query.sql.includes("server_version_num") ? PRETENDED_SERVER : refuse()),
    executeRaw: refuse,
    executeScript: refuse,
    startTransaction: refuse,
    getConnectionInfo: () => ({ schemaName: "public", supportsRelationJoins: true }),
    dispose: async () => {},
  };
}

function adapterFactory(url, shadowUrl) {
  const { PrismaPg } = require("@prisma/adapter-pg");
  const { Pool } = require("pg");
  const pools = [];
  const open = async (target) => {
    // The engine connects before it knows whether it must; without a database only the first query fails.
    if (!target) return noDatabase();
    const pool = new Pool({ connectionString: target, max: 2 });
    pools.push(pool);
    const adapter = await new PrismaPg(pool).connect();
    teachChar(adapter);
    // The adapter would split at every `;`; the simple protocol takes a whole script.
    adapter.executeScript = async (script) => void (await pool.query(script));
    return adapter;
  };
  return {
    provider: "postgres",
    adapterName: "@prisma/adapter-pg",
    connect: () => open(url),
    connectToShadowDb: () => open(shadowUrl),
    close: () => Promise.all(pools.map((pool) => (pool.ended ? undefined : pool.end()))),
  };
}

/** @returns {Promise<{call(method: string, params: unknown): Promise<unknown>, close(): Promise<void>}>} */
export async function openEngine({ url, shadowUrl, datamodels }) {
  const { SchemaEngine } = await load();
  const { bindMigrationAwareSqlAdapterFactory } = require("@prisma/driver-adapter-utils");
  const factory = adapterFactory(url, shadowUrl);
  const bound = bindMigrationAwareSqlAdapterFactory(factory);
  // The engine knows an error of the adapter by its number only; the adapter has the sentence.
  const explained = (error) => {
    const number = /External error id#(\d+)/.exec(String(error?.message))?.[1];
    const record = number === undefined ? undefined : bound.errorRegistry.consumeError(Number(number));
    throw record?.error ?? error;
  };
  const options = { datamodels: datamodels.length > 0 ? datamodels : undefined };
  const engine = await SchemaEngine.new(options, () => {}, bound).catch(explained);
  return {
    call: (method, params) => {
      if (typeof engine[method] !== "function") throw new Error(`the WASM schema engine has no ${method}`);
      return engine[method](params).catch(explained);
    },
    close: async () => {
      engine.free();
      await factory.close();
    },
  };
}
