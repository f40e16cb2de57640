/** The API's own description: generated from the code, stable names (operationId = method name), served with a token. */
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from "@nestjs/swagger";
import { cleanupOpenApiDoc } from "nestjs-zod";

export function openApiDocument(app: NestFastifyApplication, version: string): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion("3.1.0")
    .setTitle("Assay")
    .setDescription(
      "Errors are application/problem+json (RFC 9457). Lists: `?cursor=&limit=` -> `{items, nextCursor}`.",
    )
    .setVersion(version)
    .addBearerAuth()
    .addSecurityRequirements("bearer")
    .build();
  const document = SwaggerModule.createDocument(app, config, { operationIdFactory: (_controller, method) => method });
  return cleanupOpenApiDoc(document, { version: "3.1" });
}

const documents = new WeakMap<object, OpenAPIObject>();

/** Makes the document of a running application known to the controller that serves it. */
export function serveOpenApi(app: NestFastifyApplication, version: string): void {
  documents.set(app.getHttpAdapter().getInstance(), openApiDocument(app, version));
}

export function servedOpenApi(server: object): OpenAPIObject | undefined {
  return documents.get(server);
}
