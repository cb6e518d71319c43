import assert from "node:assert/strict";
import { test } from "node:test";
import { Api } from "../../web/src/api";

const here = new Api("http://localhost:8080/");

test("the first stream asks for a backlog", () => {
  assert.equal(here.streamUrl([], 0), "ws://localhost:8080/happiness?backlog=8192");
});

test("a later one resumes with the last reading once more", () => {
  assert.equal(here.streamUrl([], 42), "ws://localhost:8080/happiness?after_sequence=41");
  assert.equal(here.streamUrl([], 1), "ws://localhost:8080/happiness?after_sequence=0");
});

test("a page about some places asks for those", () => {
  assert.equal(
    here.streamUrl(["São Paulo", "a&b"], 7),
    "ws://localhost:8080/happiness?places=S%C3%A3o+Paulo&places=a%26b&after_sequence=6",
  );
});

test("the stream is as safe as the page, and below the same prefix", () => {
  const office = new Api("https://host/office/index.html?x#y");
  assert.equal(office.streamUrl([], 2), "wss://host/office/happiness?after_sequence=1");
});
