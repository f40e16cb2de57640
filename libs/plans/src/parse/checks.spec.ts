import { parsePlan } from "./parse";

/** Problems of a plan whose `spec` has the given steps from line 7 on; nothing else is wrong with it. */
function problemsOf(
  steps: string[],
  {
    effects = "destroys-data, power-cycles",
    needs = "{power: cut}",
    criteria = ["{id: c, metric: ask.sc, eq: 0}"],
    parameters = "{}",
  } = {},
): string[] {
  const source = [
    "{apiVersion: assay/v1, kind: Plan, metadata: {name: a-plan, version: 1.0.0}, spec: {",
    `needs: ${needs},`,
    `effects: [${effects}],`,
    `parameters: ${parameters},`,
    "onFailure: {hold: true},",
    "steps: [",
    ...[...steps, "admin: {id: ask, opcode: 0x06, cdw10: 1, data: 4096B}"].map((step) => `{${step}},`),
    "],",
    `criteria: [${criteria.join(", ")}]`,
    "}}",
  ].join("\n");
  const result = parsePlan(source);
  return "problems" in result ? result.problems.map(({ line, message }) => `${line} ${message}`) : [];
}

const io = (more: string) => `ioworker: {id: io, size: 4KiB, ${more}}`;

describe("an ioworker", () => {
  it("needs time, count, passes or until", () => {
    expect(problemsOf([io("read: 50%")])).toEqual(["7 this ioworker never ends: give it time, count, passes or until"]);
    for (const end of ["time: 1s", "count: 10", "random: 0%, passes: 1"]) expect(problemsOf([io(end)])).toEqual([]);
  });

  it("can wait for a power loss only beside a step that cuts the power", () => {
    const message = "7 `until: power-lost` needs a `power` step with `action: cut` or `cycle` in the same `parallel`";
    expect(problemsOf([io("until: power-lost")])).toEqual([message]);
    expect(problemsOf([`parallel: [{${io("until: power-lost")}}, {reset: {}}]`])).toEqual([message]);
    expect(problemsOf([`parallel: [{${io("until: power-lost")}}, {power: {action: cycle}}]`])).toEqual([]);
  });

  it("counts passes only where it goes on sequentially, and flushes only where it writes", () => {
    expect(problemsOf([io("passes: 2")])).toEqual(["7 `passes` counts sequential passes: it needs `random: 0%`"]);
    expect(problemsOf([io("time: 1s, flushEvery: 10")])).toEqual([
      "7 `flushEvery` counts writes, and this ioworker only reads (`read: 100%`)",
    ]);
  });
});

describe("what an ioworker sends", () => {
  const line = (...messages: string[]) => messages.map((message) => `7 ${message}`);
  it.each([
    ["time: 1s, operations: {read: 60%, write: 30%, deallocate: 10%}", []],
    ["time: 1s, random: 0%, step: -8KiB", []],
    ["time: 1s, read: 0%, pattern: {kind: random, compress: 50%}", []],
    ["time: 1s, verify: true, exclusive: true, skipUncorrectable: true, priority: 2, polling: sleep", []],
    ['time: 1s, onError: freeze, freezeFor: 2d, onStatus: {"02/81": ignore}', []],
    [
      "time: 1s, operations: {read: 60%, write: 30%}",
      ["`operations`: the shares add up to 90%, they must add up to 100%"],
    ],
    ["time: 1s, operations: {reed: 100%}", ["unknown operation `reed`, did you mean `read`?"]],
    ["time: 1s, read: 10%, operations: {read: 100%}", ["`read` and `operations` exclude one another"]],
    ["time: 1s, step: 4KiB", ["`step` is for sequential I/Os: it needs `random` below 100%"]],
    [
      "time: 1s, random: 50%, distribution: [{region: 100%, share: 100%}]",
      ["`distribution` spreads random I/Os: it needs `random: 100%`"],
    ],
    [
      "time: 1s, distribution: [{region: 50%, share: 100%}]",
      ["`distribution`: the regions add up to 50%, they must add up to 100%"],
    ],
    [
      "time: 1s, read: 0%, verify: true, pattern: {kind: constant, value: 0}",
      ["`pattern` and `verify` exclude one another: a sector that proves itself has a payload of its own"],
    ],
    ["time: 1s, exclusive: true", ["`exclusive` needs `verify: true`"]],
    ["time: 1s, freezeFor: 1h", ["`freezeFor` needs a reaction `freeze` in `onError` or `onStatus`"]],
    ['time: 1s, onStatus: {"0281": stop}', ['`0281` is no status: write sct/sc in hexadecimal, for example "02/81"']],
    ['time: 1s, onStatus: {"02/81": frezee}', ["unknown reaction `frezee`, did you mean `freeze`?"]],
  ])("%s", (more, messages) => expect(problemsOf([io(more)])).toEqual(line(...messages)));

  it("is a replay or a pattern, and nothing of the one in the other", () => {
    const sequence = "sequence: [{at: 0ms, operation: write, lba: 0, count: 8}, {at: 1ms, operation: flush}]";
    expect(problemsOf([`ioworker: {id: io, ${sequence}}`])).toEqual([]);
    expect(problemsOf([io(sequence)])).toEqual(
      line("`size` and `sequence` exclude one another: a replay says it itself"),
    );
    expect(problemsOf(["ioworker: {id: io, time: 1s}"])).toEqual(
      line("this ioworker has no `size` (and no `sequence`): give it one such as 4KiB"),
    );
    expect(
      problemsOf(["ioworker: {id: io, sequence: [{at: 1ms, operation: flush}, {at: 0ms, operation: flush}]}"]),
    ).toEqual(line("`at` is before the command in front of it"));
  });

  it("decides which effects the plan must declare", () => {
    const effects = "power-cycles";
    const writes = [expect.stringContaining("writes: the plan must say")];
    const read = (more: string) => problemsOf([`ioworker: {id: io, size: 4KiB, time: 1s, ${more}}`], { effects });
    expect(read("operations: {read: 50%, compare: 50%}")).toEqual([]);
    expect(read("operations: {read: 50%, deallocate: 50%}")).toEqual(writes);
    const replay = (operation: string) =>
      problemsOf([`ioworker: {id: io, sequence: [{at: 0ms, operation: ${operation}, lba: 0, count: 8}]}`], { effects });
    expect(replay("read")).toEqual([]);
    expect(replay("writeZeroes")).toEqual(writes);
  });
});

describe("steps of one command", () => {
  it.each([
    ["io: {operation: copy, lba: 0, count: 8, to: 64}", []],
    ['io: {operation: read, lba: 0, expect: "02/81"}', []],
    ["sanitize: {action: overwrite, passes: 3, invert: true}", []],
    ["self-test: {test: extended, within: 8h}", []],
    ["namespace: {action: create, size: 16MiB, lba: 4KiB}", []],
    ["reset: {scope: flr}", []],
    ["io: {operation: wirte}", ["unknown operation `wirte`, did you mean `write`?"]],
    [
      "io: {operation: read, expect: 281}",
      ['`expect` is no status: write sct/sc in hexadecimal with quotes, for example "00/01"'],
    ],
    ["sanitize: {action: overwrite, passes: 17}", ["`passes`: 17 is out of range: 1 to 16"]],
    ["sanitize: {action: blockErase}", ["unknown sanitize action `blockErase`, did you mean `block-erase`?"]],
    ["self-test: {test: long}", ["unknown self-test `long`; allowed: short, extended"]],
    ["namespace: {action: create, metadata: 8}", [expect.stringContaining("8 has no unit")]],
  ])("%s", (step, messages) =>
    expect(problemsOf([step])).toEqual(
      messages.map((message) => (typeof message === "string" ? `7 ${message}` : message)),
    ),
  );

  it("decide which effects the plan must declare", () => {
    const needed = (step: string) => problemsOf([step], { effects: "power-cycles" }).map((text) => text.slice(0, 60));
    expect(needed("io: {operation: compare}")).toEqual([]);
    expect(needed("io: {operation: copy, to: 8}")).toEqual([
      "7 this io step writes: the plan must say `effects: [power-cy",
    ]);
    expect(needed("sanitize: {action: crypto-erase}")).toEqual([
      "7 this sanitize step destroys data: the plan must say `effec",
    ]);
    expect(needed("namespace: {action: delete, nsid: 1}")).toHaveLength(1);
    expect(needed("self-test: {}")).toHaveLength(1);
  });
});

describe("a verify step", () => {
  const writer = io("time: 1s, read: 0%, verify: true");
  it.each([
    ["names an ioworker", ["verify: {written: ask}"], "7 `written` names an ioworker step; `ask` is of kind admin"],
    [
      "names one that comes before",
      ["verify: {written: io}", writer],
      "7 the ioworker `io` comes after this step: there is nothing to read yet",
    ],
    [
      "names one that writes",
      [io("time: 1s"), "verify: {written: io}"],
      "8 the ioworker `io` writes nothing (`read: 100%`)",
    ],
    [
      "names one that stamps",
      [io("time: 1s, read: 0%"), "verify: {written: io}"],
      "8 the ioworker `io` does not stamp its writes: give it `verify: true`",
    ],
    ["names one that exists", [writer, "verify: {written: oi}"], "8 unknown step `oi`, did you mean `io`?"],
  ])("%s", (_, steps, message) => {
    expect(problemsOf(steps)).toEqual([message]);
  });
});

describe("effects must cover what the steps do", () => {
  it.each([
    ["format: {}", "", "7 this format step destroys data: the plan must say `effects: [destroys-data]`"],
    [
      "format: {id: f}",
      "writes",
      "7 the format step `f` destroys data: the plan must say `effects: [writes, destroys-data]`",
    ],
    [io("time: 1s, read: 99%"), "", "7 the ioworker step `io` writes: the plan must say `effects: [writes]`"],
    ["power: {action: cycle}", "", "7 this power step switches power: the plan must say `effects: [power-cycles]`"],
    [
      "admin: {opcode: 0x80, nsid: 1}",
      "writes",
      "7 this admin step destroys data: the plan must say `effects: [writes, destroys-data]`",
    ],
    [
      "admin: {opcode: 0xc1}",
      "writes",
      "7 this admin step destroys data: the plan must say `effects: [writes, destroys-data]`",
    ],
    ["admin: {opcode: 0x09, cdw10: 6}", "", "7 this admin step writes: the plan must say `effects: [writes]`"],
  ])("%s with effects [%s]", (step, effects, message) => {
    expect(problemsOf([step], { effects })).toEqual([message]);
  });

  it("takes a read share that is not known yet for a write", () => {
    const parameters = "{share: {type: percent, default: 100%}}";
    expect(problemsOf([io("time: 1s, read: $share")], { effects: "", parameters })).toEqual([
      "7 the ioworker step `io` writes: the plan must say `effects: [writes]`",
    ]);
  });

  it("asks nothing of reads, and lets destroys-data cover writes", () => {
    expect(problemsOf([io("time: 1s")], { effects: "", needs: "{}" })).toEqual([]);
    expect(problemsOf([io("time: 1s, read: 0%")], { effects: "destroys-data" })).toEqual([]);
  });

  it("wants `needs: {power: cut}` beside a power step", () => {
    expect(problemsOf(["power: {action: cycle}"], { needs: "{}" })).toEqual([
      "7 this power step switches power: the plan must say `needs: {power: cut}`",
    ]);
  });
});

describe("power", () => {
  it("must be back before the drive is asked again, and at the end", () => {
    expect(
      problemsOf(["power: {id: off, action: cut}", "snapshot: {of: [smart]}", "power: {action: restore}"]),
    ).toEqual(["8 a `snapshot` step needs power, which `off` has cut: restore it first"]);
    expect(problemsOf(["power: {id: off, action: cut}", "wait: {for: 1s}", "power: {action: restore}"])).toEqual([]);
  });

  it("must be there again at the end of each iteration", () => {
    expect(problemsOf(["repeat: {times: 2, steps: [{power: {id: off, action: cut}}]}"])).toEqual([
      "7 an iteration ends without power (cut by `off`), and the next begins with it",
    ]);
  });

  it("cannot be cut twice or restored from nothing", () => {
    expect(problemsOf(["power: {id: up, action: restore}"])).toEqual([
      "7 `up` restores the power, and nothing has cut it",
    ]);
    expect(
      problemsOf(["power: {id: a, action: cut}", "power: {id: b, action: cut}", "power: {action: restore}"]),
    ).toEqual(["8 `b` cuts the power, which `a` has cut already"]);
  });
});

describe("parallel", () => {
  it("takes only kinds that can stand side by side", () => {
    expect(problemsOf(["parallel: [{format: {}}, {wait: {for: 1s}}]"])).toEqual([
      expect.stringMatching(/^7 `format` cannot stand in a `parallel`; allowed: ioworker, /),
    ]);
  });

  it("is the only place for `after`", () => {
    expect(problemsOf(["reset: {after: 1s}"])).toEqual([
      "7 `after` counts from the start of a `parallel`, and this step stands in none",
    ]);
    expect(problemsOf(["parallel: [{reset: {after: 1s}}, {reset: {}}]"])).toEqual([
      expect.stringContaining("a second `reset`"),
    ]);
  });
});

describe("criteria", () => {
  const round = `repeat: {id: round, times: 3, steps: [{snapshot: {id: pre, of: [smart]}}, {${io("time: 1s")}}, {snapshot: {id: post, of: [smart]}}]}`;
  it.each([
    ["{metric: io.iops, ge: 1, each: rond}", "unknown repeat `rond`, did you mean `round`?"],
    ["{metric: io.iops, ge: 1, each: io}", "`each` names a repeat; `io` is of kind ioworker"],
    ["{metric: ask.sc, eq: 0, each: round}", "`ask` stands outside `round`, whose iterations `each` judges"],
    ["{metric: io.iops, ge: 1, onViolation: stop}", "`onViolation: stop` needs `each`"],
    ["{metric: io.iopz, ge: 1}", "unknown metric `iopz` of the ioworker step `io`, did you mean `iops`?"],
    ["{metric: oi.iops, ge: 1}", "unknown step `oi`, did you mean `io`?"],
    ["{metric: iops, ge: 1}", "`iops` is no metric: write `<step id>.<metric>`"],
    [
      "{metric: smart.powerCycles, delta: [pre, io], eq: 1}",
      "`delta` names two snapshot steps; `io` is of kind ioworker",
    ],
    ["{metric: smart.powerCycles, delta: [pre, pots], eq: 1}", "unknown step `pots`, did you mean `post`?"],
    ["{metric: smart.powerCycles, delta: [pre, pre], eq: 1}", "`delta` names the same snapshot twice"],
    [
      "{metric: smart.powerCycle, delta: [pre, post], eq: 1}",
      "unknown metric `smart.powerCycle` of a snapshot, did you mean `smart.powerCycles`?",
    ],
    ["{metric: identify.model, delta: [pre, post], eq: 1}", "`identify.model` is no number"],
    ["{metric: io.iops}", "compares with nothing: give one of eq, ne, lt, le, gt, ge"],
    ["{metric: [io.errors, io.errors], eq: 0}", "`io.errors` stands twice in this criterion"],
    ["{metric: io.iops, ge: 1, le: 5}", "`ge` beside `le`: one comparison only"],
    ["{metric: io.latencyP99, le: 5}", "5 is a number, and the metric is compared with a duration such as 500ms"],
    ["{metric: io.latencyP99, le: 5%}", "5% is a percentage, and the metric is compared with a duration"],
    ["{metric: io.iops, ge: 5s}", "5s is a duration, and the metric is compared with a number"],
    ["{metric: io.throughput, ge: 5MB}", "and the metric is compared with a rate such as 500MB/s"],
    ["{metric: pre.registers.ready, ge: true}", "a flag has no order: only eq and ne apply"],
    ["{metric: pre.identify.model, eq: 5}", "5 is a number, and the metric is compared with a text"],
    ["{metric: up.readyTime, le: $sheet.readyTim}", "unknown reference `$sheet.readyTim`, did you mean `readyTime`?"],
    [
      "{metric: io.iops, ge: $sheet.readyTime}",
      "`$sheet.readyTime` is a duration, and the metric is compared with a number",
    ],
  ])("%s is refused", (criterion, message) => {
    const problems = problemsOf([round], { criteria: [`{id: c, ${criterion.slice(1)}`] });
    expect(problems).toContainEqual(expect.stringContaining(message));
  });

  it.each([
    "{metric: io.latencyP99, le: 500us, each: round}",
    "{metric: io.throughput, ge: 5MB/s}",
    "{metric: io.errors, eq: 0, where: {worker: 0}}",
    "{metric: io.duration, eq: 0}",
    "{metric: smart.powerCycles, delta: [pre, post], eq: 0, each: round, onViolation: stop}",
    "{metric: pre.identify.model, eq: $dut.model}",
    "{metric: io.iops, ge: $sheet.randomRead4k, stat: mean, requirement: PERF-1, else: errored}",
    "{metric: io.latencyP99, stat: count, eq: 3}",
  ])("%s is taken", (criterion) => {
    expect(problemsOf([round], { criteria: [`{id: c, ${criterion.slice(1)}`] })).toEqual([]);
  });

  it("an assert looks only at what has been measured where it stands", () => {
    expect(problemsOf(["assert: {metric: ask.sc, eq: 0}"])).toEqual([
      "7 `ask` comes after this assert: nothing is measured yet",
    ]);
    expect(problemsOf([round, "assert: {metric: io.errors, eq: 0}"])).toEqual([
      "8 `io` stands inside a repeat that has ended before this assert",
    ]);
    expect(problemsOf(["snapshot: {id: s, of: [smart]}", "assert: {metric: s.smart.criticalWarning, eq: 0}"])).toEqual(
      [],
    );
  });

  it("a plan must judge something", () => {
    const source =
      "{apiVersion: assay/v1, kind: Plan, metadata: {name: a, version: 1.0.0}, spec: {steps: [{wait: {for: 1s}}]}}";
    const result = parsePlan(source);
    expect("problems" in result && result.problems[0]?.message).toMatch(/^the plan judges nothing/);
  });
});

describe("parameters and references", () => {
  const wait = "wait: {for: $pause}";
  it.each([
    ["{}", "unknown reference `$pause`"],
    [
      "{pose: {type: duration, default: 1s}, pause: {type: duration, default: 1s}}",
      "parameter `pose` is not used anywhere",
    ],
    ["{pause: {type: size, default: 1KiB}}", "`$pause` is a size, here stands a duration"],
    ["{pause: {type: duration, default: 5}}", "`default` of parameter `pause`: 5 has no unit"],
    ["{pause: {type: duration, default: 5s, max: 1s}}", "`default` of parameter `pause`: 5s is more than 1s"],
    ["{pause: {type: durration, default: 5s}}", "unknown parameter type `durration`, did you mean `duration`?"],
    ["{pause: {type: duration, default: 5s}, dut: {type: string, default: x}}", "`dut` is no parameter name"],
  ])("%s", (parameters, message) => {
    expect(problemsOf([wait], { parameters })).toContainEqual(expect.stringContaining(message));
  });

  it.each([
    ["wait: {for: $dut.capacityBytes}", "`$dut.capacityBytes` is a size, here stands a duration"],
    ["wait: {for: $dut.capacity}", "unknown reference `$dut.capacity`; allowed: model"],
    ["wait: {for: $}", "is no reference"],
  ])("%s is refused", (step, message) => {
    expect(problemsOf([step])).toEqual([expect.stringContaining(message)]);
  });

  it("a misspelt reference is one problem, not also an unused parameter", () => {
    const parameters = "{pause: {type: duration, default: 1s}}";
    expect(problemsOf(["wait: {for: $puase}"], { parameters })).toEqual([
      "7 unknown reference `$puase`, did you mean `pause`?",
    ]);
    expect(problemsOf(["wait: {for: {random: [5, $pause]}}"], { parameters })).toEqual([
      expect.stringContaining("5 has no unit"),
    ]);
  });

  it("stand in needs as literals only", () => {
    expect(problemsOf([], { needs: "{capacity: $dut.capacityBytes}" })).toEqual([
      expect.stringContaining("only literals stand there"),
    ]);
  });
});
