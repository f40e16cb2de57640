/**
 * Every piece of JavaScript in the README runs as it stands, on a drive of its own. `<!-- script: name -->` is a whole
 * script, `<!-- in a script: name -->` a piece of one that has driver, controller, ns and qpair.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as library from "../src";
import { type Bench, makeDrive, temporaryFolder, withDrive } from "./bench-drive";

type Run = (...given: unknown[]) => Promise<void>;

const README = readFileSync(join(__dirname, "..", "README.md"), "utf8");
const BLOCKS = [...README.matchAll(/(?:<!-- (.+?) -->\s*)?```js\n(.*?)```/gs)].map(([, mark, code]) => ({
  mark: mark ?? "unmarked",
  code: code!,
}));
const named = (prefix: string) =>
  BLOCKS.filter(({ mark }) => mark.startsWith(prefix)).map(({ mark, code }) => ({
    name: mark.slice(prefix.length),
    code,
  }));
const TARGET = "needs a target";
/** What a script may ask for. */
const required = (name: string) => (name.startsWith("node:") ? require(name) : library);
const LIMIT_MS = 60_000;
const MIB = 1n << 20n;
/** Drives that pieces need: sizes are those of their text. */
const SPECS: Record<string, Partial<library.ModelDriveSpec>> = {
  opal: { opal: { msid: "FACTORY", psid: "LABEL" } },
  namespaces: { capacityBytes: 32n * MIB, namespaces: [{ capacityBytes: 16n * MIB, lbaBytes: 512 }] },
  "keys and values": {
    capacityBytes: 32n * MIB,
    namespaces: [
      { capacityBytes: 16n * MIB, lbaBytes: 512 },
      { capacityBytes: 16n * MIB, keyValue: {} },
    ],
  },
  "flexible data placement": {
    fdp: {
      configurations: [
        { reclaimUnitHandles: ["initially-isolated", "persistently-isolated"], reclaimUnitBytes: 256n * 1024n },
      ],
    },
  },
  zones: {
    capacityBytes: 32n * MIB,
    namespaces: [
      { capacityBytes: 16n * MIB, lbaBytes: 512 },
      { capacityBytes: 16n * MIB, lbaBytes: 4096, zoned: { zoneBytes: MIB } },
    ],
  },
};

/** Files of the text lie in the test's folder; what it prints is kept. */
function prepared(code: string, folder: string, drive: string) {
  const printed: unknown[][] = [];
  return {
    code: code.replaceAll(/\/tmp\/([\w.]+)/g, (_, file) => (file === "demo.drive" ? drive : join(folder, file))),
    console: { log: (...values: unknown[]) => void printed.push(values) },
    printed,
  };
}

test.each(named("script: "))("the script `$name` runs to its end", async ({ code }) => {
  const folder = temporaryFolder();
  try {
    const here = prepared(code, folder, await makeDrive(folder, {}, "demo.drive"));
    const run = new Function("require", "console", here.code.replace(/\nmain\(\);\s*$/, "\nreturn main();")) as Run;
    await run(required, here.console);
    expect(here.printed.length).toBeGreaterThan(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.each(named("in a script: "))(
  "the piece `$name` runs to its end",
  ({ name, code }) =>
    withDrive({ spec: SPECS[name] }, async ({ folder, drive, controller, ns, qpair }: Bench) => {
      const here = prepared(code, folder, drive);
      const body = `return (async () => {${here.code}})();`;
      const run = new Function("require", "console", "driver", "controller", "ns", "qpair", body) as Run;
      await run(required, here.console, library.driver, controller, ns, qpair);
      expect(here.printed.length).toBeGreaterThan(0);
    }),
  LIMIT_MS,
);

test("no piece is left out, and what needs a target knows only names that there are", () => {
  const known = BLOCKS.filter(({ mark }) => /^(in a )?script: ./.test(mark) || mark === TARGET);
  expect(BLOCKS.filter((block) => !known.includes(block))).toEqual([]);
  for (const { code } of BLOCKS)
    for (const [, names] of code.matchAll(/const \{([^}]+)\} = require\("@assay\/nvme-native"\)/g))
      for (const name of names!.split(",").map((each) => each.trim()))
        if (name !== "") expect(Object.keys(library)).toContain(name);
});

test("what the table for those who come from pynvme names is there", () => {
  const table = README.slice(README.indexOf("## Coming from pynvme"), README.indexOf("## Inside"));
  const rows = [...table.matchAll(/^\| (.+?) \| (.+?) \|$/gm)].slice(2);
  expect(rows.length).toBeGreaterThan(40);
  const words = new Set(
    rows.flatMap(([, , here]) =>
      [...here!.matchAll(/`([^`]+)`/g)].flatMap(([, code]) => code!.match(/[A-Za-z]\w{3,}/g) ?? []),
    ),
  );
  const root = join(__dirname, "../src");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const all = files.map((file) => readFileSync(join(root, file), "utf8")).join("\n");
  expect([...words].filter((word) => !new RegExp(`\\b${word}\\b`).test(all))).toEqual([]);
});

/** What scripts for pynvme call, by class; a name that is not in a left column cannot be found. */
const NAMES = `
NvmeEnumerateError NvmeDeletionError QpairCreationError QpairDeletionError NamespaceCreationError NamespaceDeletionError
NvmeShutdownStatusTimeoutError TimeoutError SystemError AssertionError
Buffer ptype pvalue phys_addr offset size len repr data dump data_head data_tail set_dsm_range
Subsystem power_cycle poweroff poweron shutdown_notify poweron_cb poweroff_cb
Pcie Tcp close register cap_offset reset flr aspm power_state
Controller nvme_init_func init_adminq init_ns init_queues cap mdts addr latest_cid latest_latency timeout waitdone cmdlog cmdname
supports downfw enable_hmb disable_hmb register_aer_cb
abort identify id_data getfeatures setfeatures getlogpage format sanitize dst fw_download fw_commit aer security_send mi_send
send_cmd
Qpair prio ien iv delete sqid msix_clear
Namespace nlba_verify nsid capacity verify_enable get_lba_format read write compare dsm flush write_uncorrectable write_zeroes
verify zns_mgmt_send ioworker
io_size lba_step lba_align lba_random read_percentage op_percentage time io_count qdepth region_start region_end lba_start iops
qprio distribution io_sequence fw_debug output_io_per_second output_percentile_latency output_cmdlog_list
start running iops_consistency io_count_read io_count_write io_count_nonread mseconds latency_max_us latency_average_us cpu_usage
error latency_distribution
PRP PRPList SQE CQE IOCQ IOSQ tail head
Zone config srand list_all_qpair get_iostat get_cmdlog
`;

test("every name that a script for pynvme calls is found in the left column of a table", () => {
  const taught = README.slice(0, README.indexOf("## Conformance"));
  const left = [...taught.matchAll(/^\| (.+?) +\| .+ \|$/gm)].map(([, cell]) => cell!).join("\n");
  const missing = NAMES.split(/\s+/).filter((name) => name !== "" && !new RegExp(`\\b${name}\\b`).test(left));
  expect(missing).toEqual([]);
});

test("every link inside the README leads to a heading", () => {
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replaceAll(" ", "-");
  const headings = [...README.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => slug(heading!));
  const links = [...README.matchAll(/\]\(#([^)]+)\)/g)].map(([, link]) => link!);
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter((link) => !headings.includes(link))).toEqual([]);
});
