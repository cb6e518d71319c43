// A gRPC client that knows nothing of the service but its address.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { grpc, grpcCall, grpcMethods } from "./clients";
import { Service } from "./service";

let service: Service;
before(async () => (service = await Service.start()));
after(() => service.stop());

test("reflection lists the service's methods", async () => {
  const methods = await grpcMethods(service);
  for (const method of ["RecordReading", "RecordReadings", "StreamReadings"]) {
    assert.ok(methods.includes(`happiness.v1.HappinessService/${method}`), methods.join(" "));
  }
});

test("a reading recorded by reflection is streamed by reflection", async () => {
  const stream = grpc(service);
  try {
    await grpcCall(service, "RecordReading", { reading: { place: "São Paulo", happiness: 0 } });
    const [reading] = await stream.readings.first(1, "readings by gRPC");
    assert.deepEqual([reading?.place, reading?.happiness, reading?.sequence], ["São Paulo", 0, "1"]);
  } finally {
    stream.close();
  }
});

test("a refused reading names the field", async () => {
  await assert.rejects(grpcCall(service, "RecordReading", { reading: { place: "", happiness: 5 } }), /reading\.place/);
});
