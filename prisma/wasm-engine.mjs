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

/** A pool whose results call `"char"` text: adapter-pg knows no such type and would refuse every introspection. */
function charAsText(url) {
  const { Pool, Client } = require("pg");
  class CharAsTextClient extends Client {
    async query(...args) {
      const result = await super.query(...args);
      for (const field of result?.fields ?? []) if (field.dataTypeID === CHAR_OID) field.dataTypeID = TEXT_OID;
      return result;
    }
  }
  return new Pool({ connectionString: url, max: 2, Client: CharAsTextClient });
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
  const pools = [];
  const open = async (target) => {
    // The engine connects before it knows whether it must; without a database only the first query fails.
    if (!target) return noDatabase();
    const pool = charAsText(target);
    pools.push(pool);
    const adapter = await new PrismaPg(pool).connect();
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
  const engine = await SchemaEngine.new(
    { datamodels: datamodels.length > 0 ? datamodels : undefined },
    () => {},
    bindMigrationAwareSqlAdapterFactory(factory),
  );
  return {
    call: (method, params) => {
      if (typeof engine[method] !== "function") throw new Error(`the WASM schema engine has no ${method}`);
      return engine[method](params);
    },
    close: async () => {
      engine.free();
      await factory.close();
    },
  };
}
