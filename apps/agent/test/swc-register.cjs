/** Lets a plain node process of a test run TypeScript: `node -r apps/agent/test/swc-register.cjs file.ts`. */
const { readFileSync } = require("node:fs");
const Module = require("node:module");
const { join } = require("node:path");
const { transformSync } = require("@swc/core");

const root = join(__dirname, "../../..");
const resolve = Module._resolveFilename;
Module._resolveFilename = (request, ...rest) => {
  const library = /^@assay\/(plans|protocol|nvme-native)$/.exec(request)?.[1];
  return library === undefined ? resolve(request, ...rest) : join(root, "libs", library, "src/index.ts");
};
Module._extensions[".ts"] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, "utf8"), {
    filename,
    jsc: { target: "es2022", parser: { syntax: "typescript" }, keepClassNames: true },
    module: { type: "commonjs" },
    sourceMaps: "inline",
  });
  module._compile(code, filename);
};
