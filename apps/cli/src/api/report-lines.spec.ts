import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type ReportRecord, readReport } from "./report-lines";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function answeredBy(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function read(url: string): Promise<ReportRecord[]> {
  const records: ReportRecord[] = [];
  for await (const record of readReport({ url, token: "t" }, "/report")) records.push(record);
  return records;
}

describe("reading a report", () => {
  it("joins lines that came in parts, also in the middle of a character", async () => {
    const bytes = Buffer.from('{"record":"run","name":"Prüfling"}\n{"record":"end"}\n');
    const url = await answeredBy((_request, response) => {
      const parts = [bytes.subarray(0, 28), bytes.subarray(28)];
      response.write(parts[0], () => setImmediate(() => response.end(parts[1])));
    });
    expect(await read(url)).toEqual([{ record: "run", name: "Prüfling" }, { record: "end" }]);
  });

  it.each([
    ["ends early", (_: unknown, response: { end(text: string): void }) => response.end('{"record":"run"}\n')],
    [
      "breaks off in a line",
      (_: unknown, response: { end(text: string): void }) => response.end('{"record":"run"}\n{"rec'),
    ],
  ])("says that it is no whole one when it %s", async (_how, listener) => {
    const url = await answeredBy(listener as RequestListener);
    await expect(read(url)).rejects.toThrow(/the report ended before its last record/);
  });

  it("says what the server refused", async () => {
    const url = await answeredBy((_request, response) => {
      response.writeHead(404, { "content-type": "application/problem+json" }).end('{"detail":"there is no run x"}');
    });
    await expect(read(url)).rejects.toThrow(/there is no run x/);
  });
});
