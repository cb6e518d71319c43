// A foreign client, buf curl, gets the same from the bridge in Connect and gRPC-Web as from the service in gRPC.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bufCall, bufStream, type Protocol } from "./clients";
import { Service } from "./service";

const PROTOCOLS: readonly Protocol[] = ["grpc", "connect", "grpcweb"];

const READINGS = [
  { readingId: "a", place: "Zürich", happiness: 0, source: "test" },
  { readingId: "b", place: "São Paulo", happiness: 7.25, source: "test" },
  { readingId: "c", place: "Oslo", happiness: 10, source: "test" },
];

let service: Service;
before(async () => {
  service = await Service.start();
  for (const reading of READINGS) {
    const { code, complaint } = await bufCall(service, "grpc", "RecordReading", [{ reading }]);
    assert.equal(code, 0, JSON.stringify(complaint));
  }
});
after(() => service.stop());

const BAD_PLACE = { reading: { place: "x".repeat(101), happiness: 5 } };

// Of each method: what it answers, and what it refuses. All may be called again and again: ids are known already.
const CALLS: readonly [method: string, messages: readonly object[], code: string][] = [
  ["RecordReading", [{ reading: READINGS[0] }], "ok"],
  ["RecordReading", [BAD_PLACE], "invalid_argument"],
  ["RecordReading", [{}], "invalid_argument"],
  ["RecordReadings", READINGS.map((reading) => ({ reading })), "ok"],
  ["RecordReadings", [], "ok"],
  ["RecordReadings", [{ reading: READINGS[1] }, BAD_PLACE], "invalid_argument"],
  ["ListReadings", [{ places: ["Oslo", "Zürich"] }], "ok"],
  ["ListReadings", [{ pageSize: 1 }], "ok"],
  ["ListReadings", [{ pageSize: -1, orderBy: "mood" }], "invalid_argument"],
  ["QueryHistory", [{ startTime: "2026-01-01T00:00:00Z", endTime: "2026-01-02T00:00:00Z", step: "3600s" }], "ok"],
  ["QueryHistory", [{ step: "-1s" }], "invalid_argument"],
  ["StreamReadings", [{ afterSequence: "1000" }], "out_of_range"],
  ["StreamReadings", [{ backlog: -1 }], "invalid_argument"],
  ["StreamReadings", [{ places: [""] }], "invalid_argument"],
  ["StreamSummaries", [{ window: "1s", period: "7s" }], "invalid_argument"],
];

for (const [method, messages, code] of CALLS) {
  test(`${method} of ${JSON.stringify(messages).slice(0, 60)} is ${code} in each protocol`, async () => {
    const [inGrpc, ...others] = await Promise.all(
      PROTOCOLS.map((protocol) => bufCall(service, protocol, method, messages)),
    );
    assert.equal((inGrpc!.complaint as { code?: string } | undefined)?.code ?? "ok", code);
    for (const other of others) assert.deepEqual(other, inGrpc);
  });
}

// Their first messages; then the client has enough.
const STREAMS: readonly [method: string, request: object, count: number][] = [
  ["StreamReadings", { backlog: 2 }, 2],
  ["StreamReadings", { afterSequence: "0", places: ["São Paulo", "Oslo"] }, 2],
  ["StreamReadings", { startTime: "2026-01-01T00:00:00Z" }, 3],
  ["StreamSummaries", { window: "3600s", period: "60s" }, 1],
];

for (const [method, request, count] of STREAMS) {
  test(`${method} of ${JSON.stringify(request)} streams the same in each protocol`, async () => {
    const told = PROTOCOLS.map(async (protocol) => {
      const stream = bufStream<Record<string, unknown>>(service, protocol, method, request);
      try {
        return await stream.messages.first(count, `${method} in ${protocol}`);
      } finally {
        stream.close();
      }
    });
    const [inGrpc, ...others] = await Promise.all(told);
    // A summary is of the time when it is made.
    const timeless = (messages: Record<string, unknown>[]): unknown => messages.map((one) => ({ ...one, endTime: "" }));
    for (const other of others) assert.deepEqual(timeless(other), timeless(inGrpc!));
  });
}
