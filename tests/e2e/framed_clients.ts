// Viewers in the binary framings, decoded by hand, so that what is looked at is the bytes.

import { WebSocket } from "ws";
import type { ReadingJson, Stream } from "./clients";
import type { Service } from "./service";
import { Inbox } from "./waiting";

type Decode = (bytes: Buffer) => ReadingJson;

/** A serialised happiness.v1.Reading, as proto3 JSON has it, without its times. */
export function decodeReading(bytes: Buffer): ReadingJson {
  const reading = { sequence: "0", readingId: "", observeTime: "", place: "", happiness: NaN, source: "" };
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    if ((tag & 7) === 0) {
      const value = varint();
      if (tag >> 3 === 1) reading.sequence = String(value);
    } else if ((tag & 7) === 1) {
      if (tag >> 3 === 5) reading.happiness = bytes.readDoubleLE(at);
      at += 8;
    } else {
      const length = varint();
      const field = bytes.subarray(at, at + length);
      at += length;
      if (tag >> 3 === 2) reading.readingId = field.toString();
      if (tag >> 3 === 4) reading.place = field.toString();
      if (tag >> 3 === 6) reading.source = field.toString();
    }
  }
  return reading;
}

/** One message behind gRPC-Web's and Connect's prefix. */
function prefixed(message: Buffer): Uint8Array<ArrayBuffer> {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return new Uint8Array(Buffer.concat([prefix, message]));
}

/** Follows a stream whose messages have such prefixes. Flags other than 0 are its end. */
function follow(service: Service, contentType: string, request: Buffer, decode: Decode): Stream {
  const readings = new Inbox<ReadingJson>();
  const abort = new AbortController();
  const read = async (): Promise<void> => {
    const response = await fetch(`${service.url}/happiness.v1.HappinessService/StreamReadings`, {
      method: "POST",
      headers: { "Content-Type": contentType },
      body: prefixed(request),
      signal: abort.signal,
    });
    let rest: Buffer = Buffer.alloc(0);
    for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
      rest = Buffer.concat([rest, piece]);
      while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
        const end = 5 + rest.readUInt32BE(1);
        if (rest[0] !== 0) throw new Error(`ended: ${rest.subarray(5, end).toString()}`);
        readings.push(decode(rest.subarray(5, end)));
        rest = rest.subarray(end);
      }
    }
    throw new Error(`ended without an end: ${response.status}`);
  };
  read().catch((error: Error) => readings.fail(error));
  return { readings, close: () => abort.abort() };
}

// after_sequence = 0, which is there, though it is 0.
const ALL = Buffer.from([0x10, 0x00]);
const ALL_JSON = Buffer.from('{"afterSequence":"0"}');

/** All readings from the first one on. */
export const grpcWeb = (service: Service): Stream => follow(service, "application/grpc-web+proto", ALL, decodeReading);
export const connectProto = (service: Service): Stream => follow(service, "application/connect+proto", ALL, decodeReading);
export const connectJson = (service: Service): Stream =>
  follow(service, "application/connect+json", ALL_JSON, (bytes) => JSON.parse(bytes.toString()) as ReadingJson);

/** The same, in binary WebSocket frames. */
export function webSocketProto(service: Service): Stream {
  const socket = new WebSocket(`ws://localhost:${service.ports.http}/happiness?after_sequence=0`, "proto");
  const readings = new Inbox<ReadingJson>();
  socket.on("message", (data: Buffer, binary) => {
    if (binary) readings.push(decodeReading(data));
    else readings.fail(new Error(`a text frame: ${data.toString()}`));
  });
  socket.on("error", (error) => readings.fail(error));
  socket.on("close", (code) => readings.fail(new Error(`the WebSocket was closed with ${code}`)));
  return { readings, close: () => socket.terminate() };
}
