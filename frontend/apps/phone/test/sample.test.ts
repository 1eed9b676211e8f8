/** The sample document that warms up a worker is drawn completely. */

import { checkedReading } from "@mshield/views";
import { expect, test } from "vitest";

import { SAMPLE } from "../src/screens/request/drawn/sample.ts";

test("the sample is drawn with its total and a right sum", () => {
  const { drawn, compared } = checkedReading(SAMPLE);
  expect(drawn?.lines.amount?.values.map(({ text }) => text)).toEqual(["24,300.00"]);
  expect(drawn?.lines.isAtOdds).toBe(false);
  expect(compared).toEqual({ mismatch: true });
});
