// The real service, as a process of its own on free ports.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { Inbox, within } from "./waiting";

export interface Ports {
  readonly grpc: number;
  readonly http: number;
}

export class Service {
  private constructor(
    private readonly process: ChildProcess,
    readonly ports: Ports,
  ) {}

  /** Starts it, without a simulator unless `flags` say otherwise. */
  static async start(ports: Ports = { grpc: 0, http: 0 }, flags: readonly string[] = []): Promise<Service> {
    const args = [`--grpc_port=${ports.grpc}`, `--http_port=${ports.http}`, "--simulated_places=0", "--drain=0", ...flags];
    const process = spawn("service/service", args, { stdio: ["ignore", "pipe", "inherit"] });
    const lines = new Inbox<string>();
    createInterface({ input: process.stdout }).on("line", (line) => lines.push(line));
    process.on("error", (error) => lines.fail(error));
    process.on("exit", (code) => lines.fail(new Error(`the service ended with ${code}`)));
    const port = async (what: string): Promise<number> => {
      const line = await lines.find(`the service's line for ${what}`, (line) => line.startsWith(what));
      return Number(/:(\d+)\/?$/.exec(line)?.[1]);
    };
    const service = new Service(process, { grpc: await port("gRPC"), http: await port("dashboard") });
    await within("the service to be ready", service.ready());
    return service;
  }

  get url(): string {
    return `http://localhost:${this.ports.http}`;
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
    const exit = once(this.process, "exit");
    this.process.kill(signal);
    await within("the service to end", exit);
  }
}
