/** Shape of host.yaml: the host's own word about its slots. Unknown keys are refused; effects default to none. */
import { effectSchema, transportSchema } from "@assay/protocol";
import { z } from "zod";
import { MAX_EXEC_TIMEOUT_MS } from "../power/power-driver";
import { parseDuration, parseSize } from "./units";

/** Most slots that one host may list. */
export const MAX_SLOTS = 256;
const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be 1 to 64 letters, digits, dots, dashes or underscores");
const label = z.union([z.string().max(256), z.number(), z.boolean()]).transform(String);
const count = z.number().int().nonnegative();
const size = z.string().transform((text, context) => {
  const bytes = parseSize(text);
  if (bytes !== null && bytes > 0n) return bytes;
  context.addIssue({ code: "custom", message: `"${text}" is no size; write for example 64MiB or 512B` });
  return z.NEVER;
});
const execTimeout = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== null && ms > 0 && ms <= MAX_EXEC_TIMEOUT_MS) return ms;
  const message = `"${text}" is no duration from 1ms to ${MAX_EXEC_TIMEOUT_MS / 1000}s; write for example 30s`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});
const seed = z
  .union([z.number().int().nonnegative(), z.string().regex(/^\d{1,20}$/, "must be a decimal integer")])
  .transform((value) => BigInt(value));
const argv = z.array(z.string().min(1).max(4096)).min(1).max(64);

const powerSchema = z.discriminatedUnion("driver", [
  z.strictObject({ driver: z.literal("simulated") }),
  z.strictObject({
    driver: z.literal("exec"),
    cut: argv,
    restore: argv,
    read: argv,
    /** Longest time for each command; default 30s. */
    timeout: execTimeout.default(30_000),
    /** What stands outside the drive and says that power is off, in words; default names the read command. */
    witness: z.string().min(1).max(256).nullable().default(null),
  }),
]);
export type PowerEntry = z.infer<typeof powerSchema>;

const lba = z.union([count, z.string().regex(/^\d{1,20}$/)]).transform(String);
/** Conditions of every planted defect (libs/nvme-native ModelFaultRule). */
const rule = {
  when: z
    .strictObject({ afterCommands: count, afterWrites: count, opcode: count.max(255) })
    .partial()
    .optional(),
  where: z.strictObject({ slba: lba, lbaCount: count.min(1) }).optional(),
  times: count.min(1).optional(),
  everyNth: count.min(1).optional(),
  probability: z.number().gt(0).max(1).optional(),
  seed: count.optional(),
};
const milliseconds = count.min(1);
/** A defect that is told by its rule alone. */
const plain = <K extends string>(kind: K) => z.strictObject({ kind: z.literal(kind), ...rule });

const faultSchema = z.discriminatedUnion("kind", [
  plain("silent-corruption").extend({ afterWrites: count.optional() }),
  plain("flush-lies"),
  plain("bad-status").extend({
    opcode: count.max(255).optional(),
    slba: lba.optional(),
    lbaCount: count.min(1).optional(),
    sct: count.max(7),
    sc: count.max(255),
  }),
  plain("stall").extend({ afterCommands: count.optional(), ms: milliseconds }),
  plain("lost-completion").extend({ afterCommands: count.optional() }),
  plain("slow-ready").extend({ ms: milliseconds }),
  plain("failed-activation"),
  plain("bit-flip").extend({ bits: count.min(1).max(32).optional() }),
  plain("swapped-lbas"),
  plain("stale-data"),
  plain("torn-write"),
  plain("zeroed-data"),
  plain("late-completion").extend({ ms: milliseconds }),
  plain("duplicate-completion"),
  plain("wrong-cid"),
  plain("controller-fatal"),
  plain("surprise-removal").extend({ ms: count.optional() }),
  plain("wear-out").extend({ driveWrites: count.min(1) }),
  plain("torn-at-power-loss"),
  plain("torn-read").extend({ aboveUnit: z.boolean().optional() }),
]);

const bytes = size.transform(Number);
/** SLC region, steady state, garbage collection and heat (libs/nvme-native ModelNand). */
const nandSchema = z.strictObject({
  dies: count.min(1).max(256),
  slc: bytes,
  steadyWriteUs: count,
  foldPerSecond: bytes.optional(),
  collectEvery: bytes.optional(),
  collectUs: count.optional(),
  thermal: z
    .strictObject({
      ambientC: z.number().optional(),
      throttleC: z.number().gt(0),
      degreesPerGib: z.number().gt(0),
      coolSeconds: z.number().gt(0),
      throttlePercent: count.min(100).optional(),
    })
    .nullable()
    .default(null),
});

const simulatedSchema = z.strictObject({
  capacity: size,
  lba: size.refine((bytes) => bytes === 512n || bytes === 4096n, "must be 512B or 4KiB").default(512n),
  firmware: z.string().min(1).max(8).default("1.0"),
  volatileCache: z.boolean().default(true),
  cache: size.nullable().default(null),
  seed: seed.default(1n),
  latency: z
    .strictObject({
      readUs: count,
      writeUs: count,
      flushUs: count,
      jitterPercent: z.number().min(0).max(100).default(0),
      nand: nandSchema.nullable().default(null),
    })
    .nullable()
    .default(null),
  lossPolicy: z.enum(["any", "lose-all", "keep-prefix", "reordered", "torn"]).default("any"),
  /** LBAs of one write that a power cut leaves all old or all new. */
  awupf: count.min(1).max(65_536).default(1),
  /** One zoned namespace over the whole capacity. */
  zones: z
    .strictObject({
      size,
      capacity: size.nullable().default(null),
      maxOpen: count.max(1024).default(8),
      maxActive: count.max(1024).default(12),
    })
    .nullable()
    .default(null),
  faults: z.array(faultSchema).max(16).default([]),
});
export type SimulatedEntry = z.infer<typeof simulatedSchema>;

const identitySchema = z.strictObject({
  model: z.string().min(1).max(40),
  serial: z.string().min(1).max(20),
  nguid: z
    .string()
    .regex(/^[0-9a-f]{32}$/, "must be 32 lower-case hex digits")
    .nullable()
    .default(null),
  eui64: z
    .string()
    .regex(/^[0-9a-f]{16}$/, "must be 16 lower-case hex digits")
    .nullable()
    .default(null),
});

const slotPath = z.strictObject({
  transport: transportSchema,
  address: z.string().min(1).max(512),
  nqn: z.string().max(223).nullable().default(null),
});

export const slotSchema = z
  .strictObject({
    name,
    path: slotPath,
    identity: identitySchema,
    effects: z.array(effectSchema).max(3).default([]),
    power: powerSchema.nullable().default(null),
    powerDomain: name.nullable().default(null),
    labels: z.record(name, label).default({}),
    simulated: simulatedSchema.nullable().default(null),
  })
  .superRefine((slot, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    const { transport, address, nqn } = slot.path;
    if (transport === "spdk-pcie" && !/^[0-9a-f]{4}:[0-9a-f]{2}:[0-1][0-9a-f]\.[0-7]$/.test(address))
      refuse(["path", "address"], `"${address}" is no PCI address; write for example 0000:01:00.0 (lower case)`);
    if (transport === "spdk-tcp" && !/^[^\s:]+:\d{1,5}$/.test(address))
      refuse(["path", "address"], `"${address}" is no host:port; write for example 127.0.0.1:4420`);
    if (transport === "spdk-tcp" && nqn === null) refuse(["path"], "spdk-tcp needs nqn, the name of the subsystem");
    if (transport !== "spdk-tcp" && nqn !== null) refuse(["path", "nqn"], `nqn has no meaning with ${transport}`);
    if (slot.simulated !== null && transport !== "model")
      refuse(["simulated"], `only transport model can be simulated, this slot has ${transport}`);
    if (slot.power?.driver === "simulated" && transport !== "model")
      refuse(
        ["power", "driver"],
        `the simulated power driver works with transport model only, this slot has ${transport}`,
      );
    if (slot.effects.includes("power-cycles") && slot.power === null)
      refuse(["effects"], "power-cycles needs a power driver: add power");
    if (slot.effects.includes("destroys-data") && !slot.effects.includes("writes"))
      refuse(["effects"], "destroys-data without writes has no meaning: list writes too");
  });

export const hostSchema = z.strictObject({
  apiVersion: z.literal("assay/v1"),
  kind: z.literal("Host"),
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, "must be lower-case letters, digits, dots and dashes"),
  slots: z.array(slotSchema).max(MAX_SLOTS),
});
export type HostFile = z.infer<typeof hostSchema>;
export type SlotEntry = HostFile["slots"][number];
