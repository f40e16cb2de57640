import { type DynamicModule, Module } from "@nestjs/common";
import { Config } from "./config";

@Module({})
class ConfigModule {}

export function configModule(config: Config): DynamicModule {
  const provider = { provide: Config, useValue: config };
  return { module: ConfigModule, global: true, providers: [provider], exports: [provider] };
}
