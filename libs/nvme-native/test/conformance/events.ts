/** Asynchronous events (B048, B049). */
import { type Completion, Completions, type Controller, expectStatus, field } from "../../src";
import { behaviour } from "./behaviour";

const TEMPERATURE_THRESHOLD = 0x04;
const EVENT_CONFIGURATION = 0x0b;
/** Bit 1 of the critical warnings. */
const TEMPERATURE_WARNINGS = 1 << 1;
const NAMESPACE_NOTICES = 1 << 8;
const CHANGED_NAMESPACES = 0x04;
const FAR_TOO_HOT_KELVIN = 0xffff;
const SMART = 0x02;

type Events = ReturnType<Controller["commands"]["events"]>;

behaviour("B048", "a request for asynchronous events never times out", {}, async ({ controller }) => {
  await controller.setTimeoutMs(50);
  let ended = false;
  void controller.admin({ opcode: 0x0c }).then(() => {
    ended = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 400));
  await controller.setTimeoutMs(10_000);
  expectStatus(await controller.getFeature(7));
  expect(ended).toBe(false);
  expect(controller.cmdlog().find(({ opcode }) => opcode === 0x0c)).toMatchObject({ outstanding: true });
});

/**
 * Does what makes the drive tell an event, while its request is outstanding and a wait is for that command alone.
 * @returns the event
 */
async function eventOf(events: Events, cause: () => Promise<Completion>) {
  const event = events.next();
  const done = new Completions();
  done.add(cause());
  const { completions, timedOut } = await done.wait(1);
  expect([completions.length, timedOut]).toEqual([1, false]);
  expectStatus(completions[0]!);
  const { value } = await event;
  // Nobody waited for the event's own completion.
  expect(await done.wait(1, { timeoutMs: 20 })).toEqual({ completions: [], timedOut: true, cdw0: null });
  return value;
}

behaviour(
  "B049",
  "the end of a sanitize is told with its dword 0, the request is armed again, and waits do not count it",
  { needs: ["sanitize-block-erase"] },
  async ({ controller }) => {
    const events = controller.commands.events();
    for (let i = 0; i < 2; i++) {
      const event = await eventOf(events, () => controller.commands.sanitize("blockErase"));
      expect(event).toMatchObject({ cdw0: 0x0081_0106, type: 6, info: 1, logPage: 0x81 });
      // Until the page of the first was read, a second event of its type is silent.
      const { data } = await controller.getLogPage(0x81, 512);
      expect(Number(field(data, 3, 2)) & 7).toBe(1);
    }
    expectStatus(await controller.getFeature(7));
  },
);

behaviour(
  "B049",
  "a temperature beyond its threshold is told with dword 0, the request is armed again, and waits do not count it",
  // SPDK's target measures no temperature.
  { needs: ["smart-log"], on: ["model", "spdk-pcie"] },
  async ({ controller }) => {
    const configured = expectStatus(await controller.getFeature(EVENT_CONFIGURATION)).cdw0;
    expectStatus(await controller.setFeature(EVENT_CONFIGURATION, configured | TEMPERATURE_WARNINGS));
    const kelvin = async () => Number(field((await controller.getLogPage(SMART, 512)).data, 2, 1));
    const events = controller.commands.events();
    for (let i = 0; i < 3; i++) {
      // Reading the log lets the drive send events of this type again.
      const threshold = (await kelvin()) - 10;
      const event = await eventOf(events, () => controller.setFeature(TEMPERATURE_THRESHOLD, threshold));
      expect(event).toMatchObject({ cdw0: 0x0002_0101, type: 1, info: 1, logPage: SMART });
      expectStatus(await controller.setFeature(TEMPERATURE_THRESHOLD, FAR_TOO_HOT_KELVIN));
    }
  },
);

behaviour(
  "B049",
  "a namespace that comes or goes is told with dword 0, and the request is armed again",
  { on: ["spdk-tcp", "spdk-vfio-user"] },
  async ({ controller, addNamespace }) => {
    const configured = expectStatus(await controller.getFeature(EVENT_CONFIGURATION)).cdw0;
    expectStatus(await controller.setFeature(EVENT_CONFIGURATION, configured | NAMESPACE_NOTICES));
    const events = controller.commands.events();
    const changed = { cdw0: 0x0004_0002, type: 2, info: 0, logPage: CHANGED_NAMESPACES };
    // Lets the drive send events of this type again.
    const readLog = async () => expectStatus((await controller.getLogPage(CHANGED_NAMESPACES, 4096)).completion);
    const before = await controller.activeNamespaces();
    for (let i = 0; i < 2; i++) {
      const came = events.next();
      const takeAway = await addNamespace();
      expect((await came).value).toMatchObject(changed);
      await readLog();
      expect(await controller.activeNamespaces()).toHaveLength(before.length + 1);
      const went = events.next();
      await takeAway();
      expect((await went).value).toMatchObject(changed);
      await readLog();
      expect(await controller.activeNamespaces()).toEqual(before);
    }
    expectStatus(await controller.getFeature(7));
  },
);
