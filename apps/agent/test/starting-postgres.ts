/** Stands before a PostgreSQL and answers as one that is still starting up, from the second connection until `open`. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export class StartingPostgres {
  private accepted = 0;
  private opened = false;
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((socket) => {
    this.keep(socket);
    if (this.accepted++ > 0 && !this.opened) socket.once("data", () => socket.end(STARTING_UP));
    else this.pass(socket);
  });

  constructor(private readonly target: number) {}

  /** @returns the port */
  async listen(): Promise<number> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    return (this.server.address() as AddressInfo).port;
  }

  open(): void {
    this.opened = true;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }

  private pass(socket: Socket): void {
    const onward = connect(this.target, "127.0.0.1");
    this.keep(onward);
    socket.pipe(onward).pipe(socket);
    socket.on("close", () => onward.destroy());
    onward.on("close", () => socket.destroy());
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.sockets.delete(socket));
  }
}

/** ErrorResponse of the wire protocol. */
const STARTING_UP = (() => {
  const fields = ["SFATAL", "VFATAL", "C57P03", "Mthe database system is starting up", ""];
  const body = Buffer.from(fields.map((field) => `${field}\0`).join(""));
  const head = Buffer.alloc(5, "E");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
})();
