/** Preloaded (`node -r`): TypeScript sources by swc, and the library's name for its own sources, without a build. */
const { readFileSync } = require("node:fs");
const Module = require("node:module");
const { join } = require("node:path");
const { transformSync } = require("@swc/core");

require.extensions[".ts"] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, "utf8"), {
    filename,
    jsc: { target: "es2022", parser: { syntax: "typescript" } },
    module: { type: "commonjs" },
  });
  module._compile(code, filename);
};

const sources = {
  "@assay/nvme-native": join(__dirname, "../src/index.ts"),
  "@assay/protocol": join(__dirname, "../../protocol/src/index.ts"),
};
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...more) {
  return sources[request] ?? resolve.call(this, request, ...more);
};
