/** The floors of the house (ARCHITECTURE.md): imports go downward only, no circles, types included. */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: from },
  to: { path: "^(apps|libs|prisma|spdk)/", pathNot: allowed },
});
module.exports = {
  forbidden: [
    { name: "no-circles", severity: "error", from: {}, to: { circular: true } },
    { name: "no-missing", severity: "error", from: { path: "^(apps|libs)/" }, to: { couldNotResolve: true } },
    only("plans-is-pure", "^libs/plans/", "^libs/plans/", "libs/plans imports no other floor"),
    only("protocol-above-plans", "^libs/protocol/", "^libs/(protocol|plans)/"),
    only("native-above-protocol", "^libs/nvme-native/", "^libs/(nvme-native|protocol)/"),
    only("postgres-alone", "^libs/embedded-postgres/", "^libs/embedded-postgres/"),
    only("agent-floor", "^apps/agent/", "^(apps/agent|libs/(plans|protocol|nvme-native|embedded-postgres))/"),
    only(
      "orchestrator-floor",
      "^apps/orchestrator/",
      "^(apps/orchestrator|libs/(plans|protocol|embedded-postgres)|prisma)/",
    ),
    only("cli-floor", "^apps/cli/", "^(apps/cli|libs/plans)/"),
    only("embedded-floor", "^apps/embedded/", "^(apps/(embedded|cli)|libs/embedded-postgres)/"),
    {
      name: "driver-only-in-runner",
      comment: "the runner is the only process that loads the driver",
      severity: "error",
      from: { path: "^apps/", pathNot: "^apps/agent/(src/runner|test)/" },
      to: { path: "^libs/nvme-native/" },
    },
    {
      name: "pure-libraries",
      comment: "libs/plans and libs/protocol decide; they do no I/O (tests may)",
      severity: "error",
      from: { path: "^libs/(plans|protocol)/src/", pathNot: "\\.spec\\.ts$" },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?(crypto|buffer|assert)$" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.test.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|generated)/" },
  },
};
