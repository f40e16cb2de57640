/** Two controllers and one file: what belongs to one of them alone. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Controller, driver } from "../src";
import { makeDrive, temporaryFolder, worker } from "./bench-drive";
import { killAll, said, start } from "./child-process";

let folder: string;
const open: Controller[] = [];
const opened = async (name: string, cmdlogDir: string | null) => {
  const path = join(folder, name);
  const controller = await driver.open({ transport: "model", path }, { cmdlogDir });
  open.push(controller);
  return controller;
};

beforeEach(async () => {
  folder = temporaryFolder();
  for (const serial of ["one", "two"]) await makeDrive(folder, { serial }, `${serial}.drive`);
});
afterEach(async () => {
  killAll();
  for (const controller of open.splice(0)) await controller.close().catch(() => {});
  rmSync(folder, { recursive: true, force: true });
});

test("flight recorders of two open controllers need a folder each; a folder is free again with `close`", async () => {
  const first = await opened("one.drive", folder);
  const second = opened("two.drive", folder);
  await expect(second).rejects.toMatchObject({ name: "NvmeError", code: "ERR_LOCKED" });
  await expect(second).rejects.toThrow(`the flight recorder ${folder}/0.cmdlog belongs to another controller`);
  // Nothing was touched: it opens with a folder of its own.
  mkdirSync(join(folder, "two"));
  const own = await opened("two.drive", join(folder, "two"));
  await own.close();
  await first.close();
  await (await opened("two.drive", folder)).close();
  for (let i = 0; i < 20; i++) await (await opened("one.drive", folder)).close();
});

test("a folder that did not come to be used is free: the opening that failed keeps nothing", async () => {
  await opened("one.drive", null);
  for (let i = 0; i < 20; i++) await expect(opened("one.drive", folder)).rejects.toThrow("one.drive");
  await opened("two.drive", folder);
});

test("another process has its folder as long as it lives", async () => {
  const child = start("work", folder, join(folder, "one.drive"));
  expect(await said(child)).toEqual({ working: true });
  await expect(opened("two.drive", folder)).rejects.toMatchObject({ code: "ERR_LOCKED" });
  child.process.kill("SIGKILL");
  await child.ended;
  await opened("two.drive", folder);
});

test("a verify table says nothing about another drive: one drive's writes never make the other look guilty", async () => {
  const table = join(folder, "t.verify");
  const fill = worker({ sizeBytes: 4096, randomPercent: 0, readPercent: 0, regionLbas: 256n, passes: 1, verify: true });
  const sweep = { rule: "exact" as const, regionStartLba: 0n, regionLbas: 256n, written: true };
  const swept = async (name: string) => {
    const ns = await (await opened(name, null)).namespace(1);
    await ns.openVerifyTable(table, 3n);
    return ns;
  };
  const first = await swept("one.drive");
  await first.startIoWorker(fill).result;
  // Both at once, and one after the other.
  const second = await swept("two.drive");
  expect(await second.verify(sweep)).toMatchObject({ violations: 0n, checkedLbas: 0n });
  expect(await first.verify(sweep)).toMatchObject({ violations: 0n, checkedLbas: 256n });
  await second.startIoWorker(fill).result;
  for (const controller of open.splice(0)) await controller.close();
  expect(await (await swept("two.drive")).verify(sweep)).toMatchObject({ violations: 0n, checkedLbas: 256n });
  for (const controller of open.splice(0)) await controller.close();
  expect(await (await swept("one.drive")).verify(sweep)).toMatchObject({ violations: 0n, checkedLbas: 0n });
});
