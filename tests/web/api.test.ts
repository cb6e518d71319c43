import assert from "node:assert/strict";
import { test } from "node:test";
import { streamUrl } from "../../web/src/api";

test("the first stream asks for a backlog", () => {
  assert.equal(streamUrl("http://localhost:8080/", 0), "ws://localhost:8080/happiness?backlog=8192");
});

test("a later one resumes with the last reading once more", () => {
  assert.equal(streamUrl("http://localhost:8080/", 42), "ws://localhost:8080/happiness?after_sequence=41");
  assert.equal(streamUrl("http://localhost:8080/", 1), "ws://localhost:8080/happiness?after_sequence=0");
});

test("the stream is as safe as the page, and below the same prefix", () => {
  assert.equal(streamUrl("https://host/office/index.html?x#y", 2), "wss://host/office/happiness?after_sequence=1");
});
