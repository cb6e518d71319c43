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

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a client to its end, and gives what it printed. */
export async function run(command: string, args: readonly string[], input = ""): Promise<string> {
  const { code, out, err } = await outcome(command, args, input);
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${err}${out}`);
  return out;
}

async function outcome(command: string, args: readonly string[], input = ""): Promise<Outcome> {
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
    return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
  } finally {
    child.kill();
  }
}

/** Runs a client that prints a stream; `parse` gives each line's item, if it has one. */
function collect<T>(
  command: string,
  args: readonly string[],
  parse: (line: string) => T | undefined,
): { items: Inbox<T>; close(): void } {
  const child = start(command, args);
  const items = new Inbox<T>();
  let complaints = "";
  child.stderr.on("data", (data: Buffer) => (complaints += data.toString()));
  createInterface({ input: child.stdout }).on("line", (line) => {
    const item = parse(line);
    if (item) items.push(item);
  });
  child.on("exit", (code) => items.fail(new Error(`${command} ended with ${code}: ${complaints}`)));
  return { items, close: () => void child.kill() };
}

function follow(command: string, args: readonly string[], parse: (line: string) => ReadingJson | undefined): Stream {
  const { items, close } = collect(command, args, parse);
  return { readings: items, close };
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

// buf prints a message on one line, or on several of which the last is "}".
function bufMessages<T>(): (line: string) => T | undefined {
  let lines: string[] = [];
  return (line) => {
    lines.push(line);
    if (!line.endsWith("}") || (lines.length > 1 && line !== "}")) return undefined;
    const text = lines.join("\n");
    lines = [];
    return JSON.parse(text) as T;
  };
}

/** All readings from the first one on, by gRPC. */
export function grpc(service: Service): Stream {
  const args = bufArgs(service);
  args.push(`${args.pop()}/${SERVICE}/StreamReadings`, "--data", '{"afterSequence":"0"}');
  return follow(process.execPath, args, bufMessages<ReadingJson>());
}

/** What buf curl speaks: gRPC with the service itself, the others with the bridge. */
export type Protocol = "grpc" | "connect" | "grpcweb";

// With the schema from a file: reflection streams both ways, which HTTP/1.1 can't carry.
const protocolArgs = (service: Service, protocol: Protocol, method: string): string[] => [
  require.resolve("@bufbuild/buf/bin/buf"),
  "curl",
  "--schema=proto/happiness_v1.binpb",
  `--protocol=${protocol}`,
  `http://localhost:${protocol === "grpc" ? service.ports.grpc : service.ports.http}/${SERVICE}/${method}`,
];

/** Calls a method to its end: what it answers, or the error that buf tells. */
export async function bufCall(
  service: Service,
  protocol: Protocol,
  method: string,
  messages: readonly object[],
): Promise<{ code: number | null; answers: unknown[]; complaint: unknown }> {
  const data = messages.map((message) => JSON.stringify(message)).join("\n");
  const args = [...protocolArgs(service, protocol, method), "--data=@-"];
  const { code, out, err } = await outcome(process.execPath, args, data);
  const answers = out.split("\n").map(bufMessages<unknown>()).filter(Boolean);
  // Connect alone tells details in JSON as well. They come in any order, each time another, and so does what stands in a
  // map.
  const told = (key: string, value: unknown): unknown => {
    if (key === "debug") return undefined;
    if (key === "details") return (value as { type: string }[]).sort((a, b) => a.type.localeCompare(b.type));
    return key === "value" ? Buffer.from(value as string, "base64").sort().toString("hex") : value;
  };
  return { code, answers, complaint: err ? (JSON.parse(err, told) as unknown) : undefined };
}

/** Calls a method that streams. */
export function bufStream<T>(
  service: Service,
  protocol: Protocol,
  method: string,
  request: object,
): { readonly messages: Inbox<T>; close(): void } {
  const args = [...protocolArgs(service, protocol, method), "--data", JSON.stringify(request)];
  const { items, close } = collect(process.execPath, args, bufMessages<T>());
  return { messages: items, close };
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
