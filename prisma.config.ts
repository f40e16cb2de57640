import { existsSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "prisma/config";

// Prisma's native schema engine is downloaded, not shipped; ours runs the WASM one (prisma/schema-engine.mjs).
const engine = join(__dirname, "prisma", "schema-engine.mjs");
if (existsSync(engine)) process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= engine;

const url = process.env.DATABASE_URL;
const shadowDatabaseUrl = process.env.SHADOW_DATABASE_URL;

export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  ...(url ? { datasource: { url, ...(shadowDatabaseUrl ? { shadowDatabaseUrl } : {}) } } : {}),
});
