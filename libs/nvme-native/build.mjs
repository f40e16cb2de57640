// Builds the addon: `npm run build -w libs/nvme-native`. Plain g++ and make; does nothing when everything is up to date.
// SPDK is compiled in when pkg-config finds it (PKG_CONFIG_PATH); otherwise the software drive alone.
import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const SPDK_MODULES = ["spdk_nvme", "spdk_env_dpdk", "spdk_sock_posix"];

const found = (program, args) => spawnSync(program, args, { stdio: "ignore" }).status === 0;

// CXX may be of several words, like `ccache g++`.
const [compiler, ...compilerWords] = (process.env.CXX ?? "g++").trim().split(/\s+/);
for (const [program, ...words] of [["make"], [compiler, ...compilerWords]]) {
  if (!found(program, [...words, "--version"])) {
    console.error(`nvme-native: ${program} was not found; on Debian: apt-get install -y make g++`);
    process.exit(1);
  }
}
const spdk = found("pkg-config", ["--exists", ...SPDK_MODULES]);
const variables = [`WITH_SPDK=${spdk ? 1 : 0}`, `NODE=${process.execPath}`];
const make = (...args) => spawnSync("make", ["-C", here, "-s", ...variables, ...args], { stdio: "inherit" });
if (found("make", ["-C", here, "-q", "-s", ...variables])) {
  console.log("nvme-native: up to date");
} else {
  console.log(`nvme-native: building the addon ${spdk ? "with SPDK" : "(the software drive; no SPDK was found)"}`);
  const result = make("-j", "2");
  if (result.status !== 0) {
    console.error("nvme-native: the build failed");
    process.exit(result.status ?? 1);
  }
}
