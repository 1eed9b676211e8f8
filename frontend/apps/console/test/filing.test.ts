/** What the filing officer types as a search. */

import { expect, test } from "vitest";

import { filingQuery } from "../src/screens/filing/query.ts";

test.for([
  ["", {}],
  ["91330206MA2XB7C1TW", { credit_code: "91330206MA2XB7C1TW" }],
  [" 91330206ma2xb7c1tw ", { credit_code: "91330206MA2XB7C1TW" }],
  ["33020619900101421x", { id_number: "33020619900101421X" }],
  ["330206 19900101 4217", { id_number: "330206199001014217" }],
  ["H01234567", { id_number: "H01234567" }],
] as const)("%s", ([words, query]) => {
  expect(filingQuery(words, false)).toEqual(query);
});

test("who has left is asked for too", () => {
  expect(filingQuery("", true)).toEqual({ ended: "true" });
});
