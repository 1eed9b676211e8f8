/** Search fields of accounts, SMS and acts. */

import { expect, test } from "vitest";

import { accountQuery, peopleQuery } from "../src/engine/search_words.ts";
import { aboutQuery, actorOf, byQuery, subjectOf } from "../src/screens/audit/query.ts";
import { smsQuery } from "../src/screens/sms/query.ts";

const ID = "01a20c23-c300-7092-a9c2-dd8514bfc6e4";

test.for([
  ["", {}],
  ["  ", {}],
  ["0845", { end: "0845" }],
  ["尾号 0845", { end: "0845" }],
  ["尾号0845", { end: "0845" }],
  ["217x", { end: "217X" }],
  ["+86 138 0000 6027", { end: "13800006027" }],
  ["ms 0000 000 0845", { end: "00000000845" }],
  ["91330206ma2xb7c1tw", { credit_code: "91330206MA2XB7C1TW" }],
  ["33020619900101421x", { id_number: "33020619900101421X" }],
  ["H01234567", { id_number: "H01234567" }],
  ["林知远", { name: "林知远" }],
  ["北潮 2 号", { name: "北潮 2 号" }],
] as const)("%s means people", ([words, query]) => {
  expect(peopleQuery(words)).toEqual(query);
  expect(aboutQuery(words)).toEqual(query);
  expect(subjectOf(words)).toBeNull();
});

test("searches accounts by whole numbers only", () => {
  expect(accountQuery("尾号 0845")).toEqual({});
  expect(accountQuery("1380000")).toEqual({});
  expect(accountQuery("13800006027")).toEqual({ end: "13800006027" });
  expect(accountQuery("林知远")).toEqual({ name: "林知远" });
});

test("searches SMS by a whole number, whoever has it", () => {
  expect(smsQuery("138-0000-6027", "")).toEqual({ phone: "13800006027" });
  expect(smsQuery("6027", "failed")).toEqual({ end: "6027", state: "failed" });
  expect(smsQuery("13800", "")).toEqual({ end: "13800" });
  expect(smsQuery("", "")).toEqual({});
});

test("finds an act's subject by its id", () => {
  expect(aboutQuery(` ${ID.toUpperCase()} `)).toEqual({ subject: ID });
  expect(aboutQuery(`ep_${ID}`)).toEqual({ subject: `ep_${ID}` });
  expect(aboutQuery("bs-99a754185ea8adf8")).toEqual({ subject: "bs-99a754185ea8adf8" });
  expect(aboutQuery("0f".repeat(20))).toEqual({ subject: "0f".repeat(20) });
  expect(aboutQuery("filing")).toEqual({ name: "filing" });
});

test("finds an actor by one of the service's ids, a name or a number", () => {
  expect(byQuery(` ${ID.toUpperCase()} `)).toEqual({ actor_id: ID });
  expect(byQuery("王晓")).toEqual({ by_name: "王晓" });
  expect(byQuery("尾号 0845")).toEqual({ by_end: "0845" });
  expect(byQuery("91330206MA2XB7C1TW")).toEqual({ by_credit_code: "91330206MA2XB7C1TW" });
  expect(byQuery("330206199001014217")).toEqual({ by_id_number: "330206199001014217" });
  expect(byQuery(" ")).toEqual({});
  expect([actorOf(ID), actorOf("王晓")]).toEqual([ID, null]);
});
