/** The embedded lab from start to stop: the same orchestrator, agent, runner and plans that a lab uses. */
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Api, connect } from "@assay/cli";
import { enroll, readDuts } from "./demo/lab-api";
import type { LabSettings } from "./environment";
import { type Home, openHome, writeWhole } from "./home/home";
import { keepLabState, type LabState, readLabState } from "./home/lab-state";
import { LabError, sentenceFor } from "./lab-error";
import { keepPort, tryPort } from "./services/free-port";
import { LabServices } from "./services/lab-services";
import type { ServiceEvents } from "./services/service";

export class Lab {
  private constructor(
    readonly home: Home,
    readonly services: LabServices,
    readonly api: Api,
    readonly state: LabState,
  ) {}

  get url(): string {
    return this.services.url;
  }

  /** Everything up and the simulated drives seen. @throws LabError; what had been started is stopped again */
  static async start(
    repository: string,
    settings: LabSettings,
    events: ServiceEvents,
    tell: (text: string) => void,
  ): Promise<Lab> {
    const home = openHome(settings.home, versionOf(repository));
    await refuseTakenPort(settings.port, home);
    const services = new LabServices(repository, home, settings, events);
    try {
      const state = readLabState(home.state);
      await startDatabase(services, home, state, tell);
      tell("orchestrator");
      await services.startOrchestrator();
      const api = connect({ url: services.url, token: readFileSync(home.adminToken, "utf8").trim() });
      writeWhole(home.address, `${services.url}\n`);
      await prepareHost(repository, home, api, state);
      tell("agent");
      await services.startAgent(async () =>
        (await readDuts(api).catch(() => [])).length > 0 ? null : "it reported no drive",
      );
      return new Lab(home, services, api, state);
    } catch (error) {
      await services.stop();
      home.close();
      throw error;
    }
  }

  keepState(): void {
    keepLabState(this.home.state, this.state);
  }

  async stop(): Promise<void> {
    await this.services.stop();
    this.home.close();
  }
}

async function refuseTakenPort(port: number, home: Home): Promise<void> {
  if ((await tryPort(port)) !== null) return;
  home.close();
  throw new LabError(
    `port ${port} on 127.0.0.1 is taken by another program: stop it, or choose another port with ASSAY_PORT`,
  );
}

async function startDatabase(
  services: LabServices,
  home: Home,
  state: LabState,
  tell: (text: string) => void,
): Promise<void> {
  tell("database");
  state.postgresPort = await keepPort(state.postgresPort);
  keepLabState(home.state, state);
  await services.startDatabase(state.postgresPort);
}

/** The host file is copied once and then belongs to the user; a new database port needs a new enrolment. */
async function prepareHost(repository: string, home: Home, api: Api, state: LabState): Promise<void> {
  try {
    if (!existsSync(home.hostFile)) copyFileSync(join(repository, "apps/embedded/hosts/sim-01.yaml"), home.hostFile);
    if (state.enrolledPort === state.postgresPort) return;
    const hostName = /^name:\s*([a-z0-9.-]+)/m.exec(readFileSync(home.hostFile, "utf8"))?.[1];
    if (hostName === undefined) throw new LabError(`${home.hostFile} has no name: of its host`);
    writeWhole(home.enrollToken, `${await enroll(api, hostName)}\n`);
    state.enrolledPort = state.postgresPort;
    keepLabState(home.state, state);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new LabError(sentenceFor(error, home.path));
  }
}

function versionOf(repository: string): string {
  return (JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string }).version;
}
