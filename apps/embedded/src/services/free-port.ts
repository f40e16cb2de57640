import { createServer } from "node:net";

/** Whether this port on 127.0.0.1 can be listened on; 0 asks for any. @returns the port, or null when it is taken */
export function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(null);
      else reject(error);
    });
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const address = server.address();
      const found = typeof address === "object" && address !== null ? address.port : port;
      server.close(() => resolve(found));
    });
  });
}

/** The remembered port while it is free, else another one. */
export async function keepPort(remembered: number | undefined): Promise<number> {
  const kept = remembered === undefined ? null : await tryPort(remembered);
  return kept ?? (await tryPort(0))!;
}
