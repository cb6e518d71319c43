// Clients that we did not write: curl, buf curl and npm's ws.

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import type { Service } from "./service";
import { Inbox, within } from "./waiting";

/** A Reading in proto3 JSON. */
export interface ReadingJson {
  readonly sequence: string;
  readonly readingId: string;
  readonly observeTime: string;
  readonly place: string;
  readonly happiness: number;
  readonly source: string;
}

/** A client's readings as they come. */
export interface Stream {
  readonly readings: Inbox<ReadingJson>;
  close(): void;
}

const SERVICE = "happiness.v1.HappinessService";

function start(command: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  // buf wants a home to keep its cache in.
  const home = process.env.TEST_TMPDIR ?? "/tmp";
  return spawn(command, args, { env: { ...process.env, HOME: home } });
}

/** Runs a client to its end, and gives what it printed. */
export async function run(command: string, args: readonly string[], input = ""): Promise<string> {
  const child = start(command, args);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (data: Buffer) => out.push(data));
  child.stderr.on("data", (data: Buffer) => err.push(data));
  // One that reads nothing may be gone by then.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  try {
    const [code] = (await within(command, once(child, "close"))) as [number | null];
    if (code !== 0) throw new Error(`${command} ended with ${code}: ${Buffer.concat([...err, ...out]).toString()}`);
  } finally {
    child.kill();
  }
  return Buffer.concat(out).toString();
}

/** Runs a client that prints a stream; `parse` gives each line's reading, if it has one. */
function follow(command: string, args: readonly string[], parse: (line: string) => ReadingJson | undefined): Stream {
  const child = start(command, args);
  const readings = new Inbox<ReadingJson>();
  let complaints = "";
  child.stderr.on("data", (data: Buffer) => (complaints += data.toString()));
  createInterface({ input: child.stdout }).on("line", (line) => {
    const reading = parse(line);
    if (reading) readings.push(reading);
  });
  child.on("exit", (code) => readings.fail(new Error(`${command} ended with ${code}: ${complaints}`)));
  return { readings, close: () => void child.kill() };
}

/** Runs a client that prints a stream of JSON, and gives the first line that `matches`. */
export async function firstLine<T>(
  command: string,
  args: readonly string[],
  matches: (item: T) => boolean,
): Promise<T> {
  const child = start(command, args);
  const items = new Inbox<T>();
  createInterface({ input: child.stdout }).on("line", (line) => items.push(JSON.parse(line) as T));
  child.on("exit", (code) => items.fail(new Error(`${command} ended with ${code}`)));
  try {
    return await items.find(`a line of ${command}`, matches);
  } finally {
    child.kill();
  }
}

const json = (text: string): ReadingJson => JSON.parse(text) as ReadingJson;

/** All readings from the first one on, by NDJSON. */
export function ndjson(service: Service): Stream {
  return follow("curl", ["-sSN", `${service.url}/happiness?after_sequence=0`], (line) => (line ? json(line) : undefined));
}

/** All readings from the first one on, by server-sent events. */
export function serverSentEvents(service: Service): Stream {
  const args = ["-sSN", "-H", "Accept: text/event-stream", `${service.url}/happiness?after_sequence=0`];
  return follow("curl", args, (line) => (line.startsWith("data:") ? json(line.slice("data:".length)) : undefined));
}

const bufArgs = (service: Service): string[] => [
  require.resolve("@bufbuild/buf/bin/buf"),
  "curl",
  "--protocol=grpc",
  "--http2-prior-knowledge",
  `http://localhost:${service.ports.grpc}`,
];

/** Calls a method by gRPC, as server reflection describes it. A token goes as metadata. */
export function grpcCall(service: Service, method: string, request: object, token?: string): Promise<string> {
  const args = bufArgs(service);
  args.push(`${args.pop()}/${SERVICE}/${method}`, "--data", JSON.stringify(request));
  if (token !== undefined) args.push("--header", `Authorization: Bearer ${token}`);
  return run(process.execPath, args);
}

/** The methods that server reflection names. */
export async function grpcMethods(service: Service): Promise<string[]> {
  const args = bufArgs(service);
  return (await run(process.execPath, [...args, "--list-methods"])).trim().split("\n");
}

/** All readings from the first one on, by gRPC. */
export function grpc(service: Service): Stream {
  const args = bufArgs(service);
  args.push(`${args.pop()}/${SERVICE}/StreamReadings`, "--data", '{"afterSequence":"0"}');
  let lines: string[] = [];
  return follow(process.execPath, args, (line) => {
    lines.push(line);
    // buf prints a message on one line, or on several of which the last is "}".
    if (!line.endsWith("}") || (lines.length > 1 && line !== "}")) return undefined;
    const text = lines.join("\n");
    lines = [];
    return json(text);
  });
}

/** All readings from the first one on, by WebSocket. */
export function webSocket(service: Service): Stream {
  const socket = new WebSocket(`ws://localhost:${service.ports.http}/happiness?after_sequence=0`);
  const readings = new Inbox<ReadingJson>();
  socket.on("message", (data: Buffer, binary) => {
    if (binary) readings.fail(new Error("a binary frame"));
    else readings.push(json(data.toString()));
  });
  socket.on("error", (error) => readings.fail(error));
  socket.on("close", (code) => readings.fail(new Error(`the WebSocket was closed with ${code}`)));
  return { readings, close: () => socket.terminate() };
}

/** Records readings, one a line, by curl; gives the answer. */
export async function recordLines(service: Service, readings: readonly object[]): Promise<unknown> {
  const lines = readings.map((reading) => JSON.stringify(reading) + "\n").join("");
  const type = ["-H", "Content-Type: application/x-ndjson"];
  const out = await run("curl", ["-sS", "--fail-with-body", ...type, "-T", "-", "-X", "POST", `${service.url}/happiness:record`], lines);
  return JSON.parse(out) as unknown;
}

/** Records one reading by JSON over HTTP. */
export async function recordOne(service: Service, place: string, happiness: number): Promise<ReadingJson> {
  const response = await fetch(`${service.url}/happiness`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ place, happiness, source: "test" }),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${body}`);
  return json(body);
}
