import { type Role, roleAllows } from "./caller";

const ROLES: Role[] = ["viewer", "operator", "admin", "agent"];

it.each<[Role, Role[]]>([
  ["viewer", ["viewer", "operator", "admin"]],
  ["operator", ["operator", "admin"]],
  ["admin", ["admin"]],
  ["agent", ["agent"]],
])("what needs a %s is allowed to %j", (needed, allowed) => {
  expect(ROLES.filter((role) => roleAllows(role, needed))).toEqual(allowed);
});
