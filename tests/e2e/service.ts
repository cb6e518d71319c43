// The real service, as a process of its own on free ports.

import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { Inbox, within } from "./waiting";

export interface Ports {
  readonly grpc: number;
  readonly http: number;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

export class Service {
  private constructor(
    private readonly process: Child,
    readonly ports: Ports,
    private readonly logged: readonly string[],
  ) {}

  /** Starts it, without a simulator unless `flags` say otherwise. `environment` is added to this process's. */
  static async start(
    ports: Ports = { grpc: 0, http: 0 },
    flags: readonly string[] = [],
    environment: NodeJS.ProcessEnv = {},
  ): Promise<Service> {
    const args = [`--grpc_port=${ports.grpc}`, `--http_port=${ports.http}`, "--simulated_places=0", "--drain=0", ...flags];
    const child: Child = spawn("service/service", args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...environment },
    });
    const logged: string[] = [];
    child.stderr.on("data", (data: Buffer) => {
      logged.push(data.toString());
      process.stderr.write(data);
    });
    const lines = new Inbox<string>();
    createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
    child.on("error", (error) => lines.fail(error));
    child.on("exit", (code) => lines.fail(new Error(`the service ended with ${code}`)));
    const port = async (what: string): Promise<number> => {
      const line = await lines.find(`the service's line for ${what}`, (line) => line.startsWith(what));
      return Number(/:(\d+)\/?$/.exec(line)?.[1]);
    };
    const service = new Service(child, { grpc: await port("gRPC"), http: await port("dashboard") }, logged);
    await within("the service to be ready", service.ready());
    return service;
  }

  get url(): string {
    return `http://localhost:${this.ports.http}`;
  }

  /** What it has written into its log so far; all of it, once it has been stopped. */
  get log(): string {
    return this.logged.join("");
  }

  /** Until the bridge has reached the service. */
  private async ready(): Promise<void> {
    while (!(await fetch(`${this.url}/readyz`)).ok) await setTimeout(20);
  }

  /** Lets it drain and end. */
  async stop(): Promise<void> {
    await this.end("SIGTERM");
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exit = once(this.process, "close");
    this.process.kill(signal);
    await within("the service to end", exit);
  }
}
