import assert from "node:assert/strict";
import { test } from "node:test";
import { randomUuid, Recorder, type Answer, type Draft, type RecordState } from "../../web/src/record";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const SUCCESS: Answer = { reading: { sequence: 9, id: "id 1", time: 1, place: "Kyiv", happiness: 0, source: "web" } };
const FAILURE: Answer = { message: "shutting down", refused: false };

/** A recorder that gets these answers, one after the other. */
function recorderOf(...answers: Answer[]): { recorder: Recorder; sent: Draft[]; states: RecordState[] } {
  const sent: Draft[] = [];
  const states: RecordState[] = [];
  let ids = 0;
  const send = (draft: Draft): Promise<Answer> => {
    sent.push(draft);
    return Promise.resolve(answers[sent.length - 1]!);
  };
  return { recorder: new Recorder(send, () => `id ${++ids}`, (state) => states.push(state)), sent, states };
}

test("a reading is sent, and recorded as the service says", async () => {
  const { recorder, sent, states } = recorderOf(SUCCESS);
  await recorder.record("Kyiv", 0);
  assert.deepEqual(sent, [{ readingId: "id 1", place: "Kyiv", happiness: 0 }]);
  assert.deepEqual(states.map((state) => state.kind), ["sending", "recorded"]);
  assert.equal(recorder.state.kind === "recorded" && recorder.state.reading.sequence, 9);
});

test("a failed reading is kept and sent again with the same id", async () => {
  const { recorder, sent } = recorderOf(FAILURE, FAILURE, SUCCESS);
  await recorder.record("Kyiv", 0);
  assert.equal(recorder.state.kind, "failed");
  await recorder.retry();
  await recorder.retry();
  assert.equal(recorder.state.kind, "recorded");
  assert.deepEqual(sent.map((draft) => draft.readingId), ["id 1", "id 1", "id 1"]);
});

test("a new reading takes the place of a failed one, with an id of its own", async () => {
  const { recorder, sent } = recorderOf(FAILURE, SUCCESS);
  await recorder.record("Kyiv", 0);
  await recorder.record("Kyiv", 3);
  assert.deepEqual(sent.map((draft) => draft.readingId), ["id 1", "id 2"]);
});

test("while one is on its way no other is sent", async () => {
  const { recorder, sent } = recorderOf(SUCCESS);
  await Promise.all([recorder.record("Kyiv", 0), recorder.record("Kyiv", 0)]);
  assert.equal(sent.length, 1);
});

test("with nothing failed there is nothing to send again", async () => {
  const { recorder, sent } = recorderOf(SUCCESS);
  await recorder.retry();
  await recorder.record("Kyiv", 0);
  await recorder.retry();
  assert.equal(sent.length, 1);
});

test("an id is a UUID, with randomUUID and without it", () => {
  assert.match(randomUuid(crypto), UUID);
  const insecure = { getRandomValues: crypto.getRandomValues.bind(crypto) };
  assert.match(randomUuid(insecure), UUID);
  assert.notEqual(randomUuid(insecure), randomUuid(insecure));
});
