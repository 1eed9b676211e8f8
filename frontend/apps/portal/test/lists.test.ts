// @vitest-environment happy-dom
import { flushPromises } from "@vue/test-utils";
import { expect, test } from "vitest";
import { effectScope } from "vue";

import { historyQuery, personQuery, shieldQuery, useList, workbook } from "../src/engine/lists.ts";

test.each([
  ["MS10720468813", { shield_number: "MS10720468813" }],
  ["ms 107 2046 8813", { shield_number: "MS10720468813" }],
  ["107 2046 8813 ", { end: "10720468813" }],
  ["1072046", { end: "1072046" }],
  ["139 1234 5001", { end: "13912345001" }],
  ["330206199001014217", { end: "330206199001014217" }],
  ["E12345678", { end: "E12345678" }],
  ["45001", { end: "45001" }],
  ["ＭＳ107 2046 8813", { shield_number: "MS10720468813" }],
  ["ＭＳ540", { name: "MS540" }],
  ["0845", { end: "0845" }],
  [" 264x", { end: "264x" }],
  [" 林知远 ", { name: "林知远" }],
  ["", {}],
])("searches for %j as %j", (words, query) => {
  expect(shieldQuery({ words, standing: "" })).toEqual(query);
});

test("a state and a hold are different parameters", () => {
  expect(shieldQuery({ words: "", standing: "pin_locked" })).toEqual({ state: "pin_locked" });
  expect(shieldQuery({ words: "", standing: "hold:lost", personId: "7" })).toEqual({
    hold: "lost",
    person_id: "7",
  });
});

test("digits are a number or its end, fewer than four an ID number's; anything else is a name", () => {
  expect(personQuery({ words: "264X", role: "" })).toEqual({ end: "264X" });
  expect(personQuery({ words: "64X", role: "" })).toEqual({ id_number_end: "64X" });
  expect(personQuery({ words: "7264X", role: "" })).toEqual({ end: "7264X" });
  expect(personQuery({ words: "139 1234 5001", role: "" })).toEqual({ end: "13912345001" });
  expect(personQuery({ words: "MS 107 2046 8813", role: "" })).toEqual({ shield_number: "MS10720468813" });
  expect(personQuery({ words: "２６４Ｘ", role: "" })).toEqual({ end: "264X" });
  expect(historyQuery({ words: "0845", event: "", from: "", to: "" })).toEqual({ end: "0845" });
  expect(personQuery({ words: "CHAN", role: "operator" })).toEqual({ name: "CHAN", role: "operator" });
});

test("the workbook has what the list shows", () => {
  expect(workbook("91330206MA2XB7C1TW", "shields", { name: "林 知" })).toBe(
    "/api/portal/enterprises/91330206MA2XB7C1TW/shields.xlsx?name=%E6%9E%97+%E7%9F%A5",
  );
  expect(workbook("91330206MA2XB7C1TW", "people", {})).toBe(
    "/api/portal/enterprises/91330206MA2XB7C1TW/people.xlsx",
  );
});

test("a filter changed while the list loads is sent at once, and its answer stays", async () => {
  type Page = { items: string[]; next: string | null };
  const answers: ((page: Page) => void)[] = [];
  const scope = effectScope();
  const list = scope.run(() => useList(() => new Promise<Page>((answer) => answers.push(answer))))!;
  void list.load();
  expect(answers).toHaveLength(2);
  answers[1]!({ items: ["asked for"], next: null });
  await flushPromises();
  answers[0]!({ items: ["everything"], next: null });
  await flushPromises();
  expect(list.items.value).toEqual(["asked for"]);
  expect(list.loading.value.isBusy.value).toBe(false);
  scope.stop();
});
