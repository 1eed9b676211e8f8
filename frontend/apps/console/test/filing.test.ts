/** Searches typed by the registration officer. */

import { expect, test } from "vitest";

import { filingQuery } from "../src/screens/filing/query.ts";

test.for([
  ["", {}],
  ["91330206MA2XB7C1TW", { credit_code: "91330206MA2XB7C1TW" }],
  [" 91330206ma2xb7c1tw ", { credit_code: "91330206MA2XB7C1TW" }],
  ["33020619900101421x", { id_number: "33020619900101421X" }],
  ["330206 19900101 4217", { id_number: "330206199001014217" }],
  ["H01234567", { id_number: "H01234567" }],
  ["M123456(7)", { id_number: "M123456(7)" }],
  ["913302060123456789", { credit_code: "913302060123456789" }],
  ["0845", { end: "0845" }],
  ["217x", { end: "217X" }],
  ["138 0000 6027", { end: "13800006027" }],
  ["ms 0000 000 0845", { end: "00000000845" }],
  [" 林知 ", { name: "林知" }],
  ["Chan Tai", { name: "Chan Tai" }],
  ["3M", { name: "3M" }],
  ["宁波 2 号", { name: "宁波 2 号" }],
] as const)("%s", ([words, query]) => {
  expect(filingQuery(words, false)).toEqual(query);
});

test("includes ended records", () => {
  expect(filingQuery("", true)).toEqual({ ended: "true" });
});
