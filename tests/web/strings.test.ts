import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseStrings } from "../../web/src/strings/choose";
import { de } from "../../web/src/strings/de";
import { en } from "../../web/src/strings/en";

test("the first of the reader's languages that there is", () => {
  assert.equal(chooseStrings(["fr-FR", "de-AT", "en"]), de);
  assert.equal(chooseStrings(["en-GB", "de"]), en);
  assert.equal(chooseStrings(["fr"]), en);
  assert.equal(chooseStrings([]), en);
});

test("numbers and ages are said as the language says them", () => {
  assert.equal(en.now.restsOn(1, 1_204), "1 place · 1,204 readings · last minute");
  assert.equal(de.now.restsOn(1, 1_204), "1 Ort · 1.204 Meldungen · letzte Minute");
  assert.equal(en.now.stale(3 * 86_400_000), "last reading 3 days ago");
  assert.equal(de.now.stale(3 * 86_400_000), "letzte Meldung vor 3 Tagen");
});
