// A whole cluster on this machine: three NATS servers that keep the readings,
// two replicas of the service, and two bridges before both of them.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Process } from "./process";

export interface ClusterOptions {
  /** The ports of each part, in its order. */
  readonly ports: ClusterPorts;
  /** Where everything is kept; a folder that ends with the cluster if there is none. */
  readonly folder?: string | undefined;
  /** More flags for each. */
  readonly services?: readonly string[];
  readonly bridges?: readonly string[];
}

export interface ClusterPorts {
  readonly nats: readonly number[];
  readonly routes: readonly number[];
  readonly monitors: readonly number[];
  readonly services: readonly number[];
  readonly bridges: readonly number[];
}

/** Ports that are free now. */
export async function freePorts(): Promise<ClusterPorts> {
  const servers = await Promise.all(
    Array.from({ length: 13 }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  return {
    nats: ports.slice(0, 3),
    routes: ports.slice(3, 6),
    monitors: ports.slice(6, 9),
    services: ports.slice(9, 11),
    bridges: ports.slice(11, 13),
  };
}

const STREAM = "HAPPINESS";
const READY_MS = 60_000;

export class Cluster {
  readonly nats: readonly Process[];
  readonly services: readonly Process[];
  readonly bridges: readonly Process[];
  readonly folder: string;
  private readonly ports: ClusterPorts;
  private readonly keeps: boolean;

  constructor(options: ClusterOptions) {
    this.ports = options.ports;
    this.keeps = options.folder !== undefined;
    this.folder = options.folder ?? mkdtempSync(join(tmpdir(), "happiness-cluster-"));
    mkdirSync(this.folder, { recursive: true });
    this.nats = this.ports.nats.map((_, i) => this.natsServer(i));
    this.services = this.ports.services.map((port, i) => this.service(i, port, options.services ?? []));
    this.bridges = this.ports.bridges.map((port, i) => this.bridge(i, port, options.bridges ?? []));
  }

  /** Returns when both bridges are ready. */
  async start(): Promise<void> {
    for (const process of this.all) process.start();
    await Promise.all(this.bridges.map((_, i) => this.ready(i)));
  }

  /** Ends all of it. What it kept goes, too, unless a folder was given for it. */
  async stop(): Promise<void> {
    for (const part of [this.bridges, this.services, this.nats]) {
      await Promise.all(part.map((process) => process.end("SIGTERM")));
    }
    if (!this.keeps) rmSync(this.folder, { recursive: true, force: true });
  }

  get all(): readonly Process[] {
    return [...this.nats, ...this.services, ...this.bridges];
  }

  /** Of a bridge. */
  url(bridge: number): string {
    return `http://127.0.0.1:${this.ports.bridges[bridge]}`;
  }

  /** Until a bridge says that it is ready. */
  async ready(bridge: number): Promise<void> {
    const limit = Date.now() + READY_MS;
    while (!(await this.isReady(bridge))) {
      const process = this.bridges[bridge]!;
      const ended = this.all.find((one) => !one.running);
      if (ended) throw new Error(`${ended.name} has ended:\n${ended.lastLines()}`);
      if (Date.now() > limit) throw new Error(`${process.name} is not ready:\n${process.lastLines()}`);
      await setTimeout(100);
    }
  }

  /** The NATS server that leads the stream; undefined while there is none. */
  async leader(): Promise<Process | undefined> {
    for (const [i, process] of this.nats.entries()) {
      if (!process.running) continue;
      const name = await this.leaderAsToldBy(i).catch(() => undefined);
      const leader = this.nats.find((one) => one.name === name);
      if (leader?.running) return leader;
    }
    return undefined;
  }

  private async isReady(bridge: number): Promise<boolean> {
    try {
      return (await fetch(`${this.url(bridge)}/readyz`)).ok;
    } catch {
      return false; // It does not listen yet.
    }
  }

  private async leaderAsToldBy(server: number): Promise<string | undefined> {
    const response = await fetch(`http://127.0.0.1:${this.ports.monitors[server]}/jsz?streams=true`);
    const jsz = (await response.json()) as {
      account_details?: { stream_detail?: { name: string; cluster?: { leader?: string } }[] }[];
    };
    const streams = jsz.account_details?.flatMap((account) => account.stream_detail ?? []);
    return streams?.find((stream) => stream.name === STREAM)?.cluster?.leader;
  }

  private natsServer(i: number): Process {
    const name = `nats-${i + 1}`;
    const config = join(this.folder, `${name}.conf`);
    const routes = this.ports.routes.map((port) => `nats://127.0.0.1:${port}`);
    writeFileSync(
      config,
      `server_name: ${name}
listen: 127.0.0.1:${this.ports.nats[i]}
http: 127.0.0.1:${this.ports.monitors[i]}
jetstream { store_dir: "${join(this.folder, name)}" }
cluster {
  name: happiness
  listen: 127.0.0.1:${this.ports.routes[i]}
  routes: [${routes.join(", ")}]
}
`,
    );
    return new Process(name, "nats-server", ["-c", config], join(this.folder, `${name}.log`));
  }

  private service(i: number, port: number, more: readonly string[]): Process {
    const name = `service-${i + 1}`;
    const servers = this.ports.nats.map((port) => `127.0.0.1:${port}`);
    const flags = [
      `--log=nats://${servers.join(",")}`,
      `--data_dir=${join(this.folder, name)}`,
      `--grpc_port=${port}`,
      "--nobridge",
      ...more,
    ];
    return new Process(name, "service/service", flags, join(this.folder, `${name}.log`));
  }

  private bridge(i: number, port: number, more: readonly string[]): Process {
    const name = `bridge-${i + 1}`;
    const services = this.ports.services.map((port) => `127.0.0.1:${port}`);
    const flags = [`--upstream=${services.join(",")}`, `--http_port=${port}`, ...more];
    return new Process(name, "bridge/bridge", flags, join(this.folder, `${name}.log`));
  }
}
