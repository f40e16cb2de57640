/** `npm run openapi -w apps/orchestrator`: writes the API's description to the file that is named. */
import "reflect-metadata";
import { writeFileSync } from "node:fs";
import { appModule } from "./app.module";
import { buildApp } from "./platform/build-app";
import { configFrom } from "./platform/config";
import { Log } from "./platform/log";
import { openApiDocument } from "./platform/openapi";

/** Deterministic text of the document; needs no database. */
export async function openApiText(): Promise<string> {
  const config = configFrom({ DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" });
  const app = await buildApp(appModule(config), new Log("error"));
  const document = openApiDocument(app, config.version);
  await app.close();
  return `${JSON.stringify(document, null, 2)}\n`;
}

if (require.main === module) {
  const file = process.argv[2];
  if (file === undefined) throw new Error("usage: openapi.main.js <file>");
  void openApiText().then((text) => {
    writeFileSync(file, text);
    process.exit(0);
  });
}
