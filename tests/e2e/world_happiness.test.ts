// Real readings, from one foreign client through the bridge to others, in all of its framings.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as clients from "./clients";
import * as framed from "./framed_clients";
import { Service } from "./service";
import { READINGS, worldHappiness } from "./world_happiness";

let service: Service;
before(async () => (service = await Service.start()));
after(() => service.stop());

test("875 readings sent by curl arrive at clients of gRPC and of seven framings: all, in order, unchanged, over one call", async () => {
  const sent = worldHappiness();
  assert.equal(sent.length, READINGS);
  assert.ok(sent.some(({ place }) => /[^\0-\x7f]/.test(place)), "the file has names beyond ASCII");

  // One reading that all of them have seen: from here on they are live.
  await clients.recordOne(service, "Zürich", 0);
  const streams = {
    grpc: clients.grpc(service),
    webSocket: clients.webSocket(service),
    serverSentEvents: clients.serverSentEvents(service),
    ndjson: clients.ndjson(service),
    webSocketProto: framed.webSocketProto(service),
    grpcWeb: framed.grpcWeb(service),
    connectJson: framed.connectJson(service),
    connectProto: framed.connectProto(service),
  };
  try {
    for (const [name, stream] of Object.entries(streams)) await stream.readings.first(1, name);

    const answer = await clients.recordLines(service, sent);
    assert.deepEqual(answer, { recorded: "875", duplicates: "0", lastSequence: "876" });

    for (const [name, stream] of Object.entries(streams)) {
      const [first, ...got] = await stream.readings.first(READINGS + 1, name);
      assert.equal(first?.happiness, 0, name);
      assert.deepEqual(
        got.map(({ place, happiness, source }) => ({ place, happiness, source })),
        sent,
        name,
      );
      assert.deepEqual(
        got.map(({ sequence }) => Number(sequence)),
        sent.map((_, i) => i + 2),
        name,
      );
    }
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    assert.match(metrics, /^bridge_upstream_calls_total 1$/m, "all viewers share it");
  } finally {
    for (const stream of Object.values(streams)) stream.close();
  }
});
