import { expect, test } from "vitest";

import { certificateQuery } from "../src/screens/certificates/query.ts";
import { smsQuery } from "../src/screens/sms/query.ts";

test.each([
  ["ms 107 2046 8813", { shield_number: "MS10720468813" }],
  ["MS10720468813", { shield_number: "MS10720468813" }],
  ["0f:".repeat(20).slice(0, -1), { serial: "0f".repeat(20) }],
  ["91330206MA2XB7C1TW", { credit_code: "91330206MA2XB7C1TW" }],
  ["913302067382901452", { credit_code: "913302067382901452" }],
  ["330206199001014217", { end: "330206199001014217" }],
  ["33020619930727264X", { end: "33020619930727264X" }],
  ["4217", { end: "4217" }],
  ["138 0000 6027", { end: "13800006027" }],
  ["H01234567", { name: "H01234567" }],
  ["421", { name: "421" }],
  [" 林知远 ", { name: "林知远" }],
  ["", {}],
])("%s searches for %o", (words, query) => {
  expect(certificateQuery(words, "")).toEqual(query);
});

test("an account narrows the search by words and state", () => {
  expect(certificateQuery("", "ended", "a1")).toEqual({ account: "a1", state: "ended" });
  expect(certificateQuery("4217", "", "a1")).toEqual({ account: "a1", end: "4217" });
  expect(smsQuery("", "failed", "a1")).toEqual({ account: "a1", state: "failed" });
});

test("the state filter is a hold or a state", () => {
  expect(certificateQuery("", "hold:lost")).toEqual({ hold: "lost" });
  expect(certificateQuery("林", "expired")).toEqual({ name: "林", state: "expired" });
});
