// A NATS server with JetStream, as a process of its own on a free port.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { within } from "./waiting";

export class NatsServer {
  private constructor(
    private readonly process: ChildProcess,
    readonly url: string,
    /** What is in it goes with the server. */
    readonly folder: string,
  ) {}

  static async start(): Promise<NatsServer> {
    const folder = mkdtempSync(join(process.env.TEST_TMPDIR ?? tmpdir(), "nats-"));
    const args = ["-a", "127.0.0.1", "-p", "-1", "-js", "-sd", folder, "--ports_file_dir", folder];
    const child = spawn("/usr/sbin/nats-server", args, { stdio: "ignore" });
    return new NatsServer(child, await within("the NATS server", NatsServer.urlIn(folder)), folder);
  }

  async stop(): Promise<void> {
    const exit = once(this.process, "exit");
    this.process.kill();
    await within("the NATS server to end", exit);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** It writes its ports into a file when it listens. */
  private static async urlIn(folder: string): Promise<string> {
    for (;;) {
      const name = readdirSync(folder).find((file) => file.endsWith(".ports"));
      const path = join(folder, name ?? "");
      if (name && existsSync(path)) {
        const [, url] = /"(nats:[^"]+)"/.exec(readFileSync(path, "utf8")) ?? [];
        if (url) return url;
      }
      await setTimeout(20);
    }
  }
}
