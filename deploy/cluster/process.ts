// A process of the cluster's, which can be ended as a crash would and started
// again.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";

export class Process {
  private child: ChildProcess | undefined;

  /** `log` is the file that takes what it prints, over all its lives. */
  constructor(
    readonly name: string,
    private readonly command: string,
    private readonly args: readonly string[],
    private readonly log: string,
  ) {}

  start(): void {
    if (this.running) return;
    const log = openSync(this.log, "a");
    // Where Debian has servers, which is in nobody's PATH but root's.
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
    this.child = spawn(this.command, this.args, { stdio: ["ignore", log, log], env });
    // "exit" does not come where there is no such program.
    this.child.on("error", (error) => console.error(`${this.name}: ${error.message}`));
    closeSync(log);
  }

  get running(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  get pid(): number | undefined {
    return this.running ? this.child?.pid : undefined;
  }

  /** Ends it, and returns when it has ended. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.running) return;
    const exit = once(this.child!, "exit");
    this.child!.kill(signal);
    await exit;
  }

  /** The last lines that it printed. */
  lastLines(count = 5): string {
    return readFileSync(this.log, "utf8").trimEnd().split("\n").slice(-count).join("\n");
  }
}
