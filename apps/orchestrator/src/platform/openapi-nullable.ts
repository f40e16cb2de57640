/**
 * Zod writes a nullable primitive as `type: ["string", "null"]`; Nest's Swagger module takes a type that is a list for
 * "array of" and forgets the null. Told as `anyOf` it is kept. Only the properties of a DTO itself pass through Nest.
 */
import { METHOD_METADATA } from "@nestjs/common/constants";
import { ModulesContainer } from "@nestjs/core";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";

type Properties = Record<string, { type?: unknown; anyOf?: unknown }>;
interface Dto {
  isZodDto?: boolean;
  _OPENAPI_METADATA_FACTORY?: () => Properties;
  keepsNull?: boolean;
}

/** To be called before the document is made; twice does no harm. */
export function keepNullInDtos(app: NestFastifyApplication): void {
  for (const module of app.get(ModulesContainer).values())
    for (const controller of module.controllers.values())
      if (typeof controller.metatype === "function")
        for (const dto of dtosOf(controller.metatype.prototype)) keepNull(dto);
}

function dtosOf(prototype: object): Dto[] {
  const found: Dto[] = [];
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const method = (prototype as Record<string, unknown>)[name];
    if (typeof method !== "function" || Reflect.getMetadata(METHOD_METADATA, method) === undefined) continue;
    const parameters: unknown[] = Reflect.getMetadata("design:paramtypes", prototype, name) ?? [];
    const responses: Record<string, { type?: unknown }> = Reflect.getMetadata("swagger/apiResponse", method) ?? {};
    const types = [...parameters, ...Object.values(responses).map(({ type }) => type)].flat();
    found.push(...types.filter((type): type is Dto => typeof type === "function" && (type as Dto).isZodDto === true));
  }
  return found;
}

function keepNull(dto: Dto): void {
  const describe = dto._OPENAPI_METADATA_FACTORY;
  if (describe === undefined || Object.hasOwn(dto, "keepsNull")) return;
  dto.keepsNull = true;
  dto._OPENAPI_METADATA_FACTORY = function (this: Dto) {
    return Object.fromEntries(Object.entries(describe.call(dto)).map(([name, schema]) => [name, withAnyOf(schema)]));
  };
}

/** Words of the property itself; everything else (`pattern`, `maxLength`) belongs to the part that is not null. */
const OF_THE_PROPERTY = /^(description|default|required|x-nestjs_zod.*)$/;

function withAnyOf<S extends { type?: unknown }>(schema: S): S {
  if (!Array.isArray(schema.type)) return schema;
  const { type, ...rest } = schema;
  const pick = (ofProperty: boolean) =>
    Object.entries(rest).filter(([name]) => OF_THE_PROPERTY.test(name) === ofProperty);
  const constraints = Object.fromEntries(pick(false));
  const anyOf = (type as string[]).map((word) => (word === "null" ? { type: word } : { type: word, ...constraints }));
  return { ...Object.fromEntries(pick(true)), "x-nestjs_zod-empty-type": true, type: "", anyOf } as unknown as S;
}
