import type { Command } from "commander";
import { validatePlans } from "./plan-validate";
import type { Session } from "./session";

export function addPlanVerbs(program: Command, session: Session): void {
  const plan = program.command("plan").description("test plans: validate, push, list, show");
  plan
    .command("validate")
    .description("check plan files without a server; lists every problem with line and column")
    .argument("<file...>", "YAML files, or - for stdin")
    .action((files: string[]) => validatePlans(files, session.printer()));
}
