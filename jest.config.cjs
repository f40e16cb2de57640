/**
 * One jest project per tier; `scripts/test.mjs` runs them one after the other and prints a line for each.
 * unit: src/**\/*.spec.ts beside the code; integration: *.int.spec.ts (embedded PostgreSQL);
 * simulation: *.sim.spec.ts; end to end: test/e2e/*.e2e.spec.ts over the embedded lab.
 */
const swc = (parser) => [
  "@swc/jest",
  {
    jsc: {
      target: "es2022",
      parser,
      transform: { legacyDecorator: true, decoratorMetadata: true },
      keepClassNames: true,
    },
    module: { type: "commonjs" },
    sourceMaps: "inline",
  },
];
/** Packages that are ES modules only, which jest does not take in as they are. */
const ES_MODULES = "hyparquet(-writer)?";
const shared = {
  testEnvironment: "node",
  rootDir: __dirname,
  transform: {
    "^.+\\.ts$": swc({ syntax: "typescript", decorators: true }),
    [`/node_modules/${ES_MODULES}/.+\\.js$`]: swc({ syntax: "ecmascript" }),
  },
  transformIgnorePatterns: [`/node_modules/(?!${ES_MODULES}/)`],
  moduleNameMapper: {
    "^@assay/(plans|protocol|nvme-native|embedded-postgres)$": "<rootDir>/libs/$1/src/index.ts",
    "^@assay/(cli)$": "<rootDir>/apps/$1/src/index.ts",
  },
  modulePathIgnorePatterns: ["<rootDir>/.*/dist/", "<rootDir>/.assay/"],
};
const slow = [
  "\\.int\\.spec\\.ts$",
  "\\.sim\\.spec\\.ts$",
  "\\.e2e\\.spec\\.ts$",
  "\\.spdk\\.spec\\.ts$",
  "\\.redis\\.spec\\.ts$",
  "\\.qemu\\.spec\\.ts$",
];
const tier = (displayName, testRegex, extra = {}) => ({ ...shared, displayName, testRegex: [testRegex], ...extra });
const slowTier = (displayName, testRegex) =>
  tier(displayName, testRegex, { setupFilesAfterEnv: ["<rootDir>/test/slow-tier.ts"] });
module.exports = {
  projects: [
    tier("unit", "\\.spec\\.ts$", { testPathIgnorePatterns: ["/node_modules/", "/dist/", ...slow] }),
    slowTier("integration", "\\.int\\.spec\\.ts$"),
    slowTier("simulation", "\\.sim\\.spec\\.ts$"),
    slowTier("e2e", "\\.e2e\\.spec\\.ts$"),
    slowTier("spdk", "\\.spdk\\.spec\\.ts$"),
    slowTier("redis", "\\.redis\\.spec\\.ts$"),
    slowTier("qemu", "\\.qemu\\.spec\\.ts$"),
  ],
};
