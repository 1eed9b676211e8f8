/** The operator's arc; same cases as `tests/unit/pki/test_arcs.py`. */

import { expect, test } from "vitest";

import { displayOidsOf, isCustomArc } from "../src/index.ts";

const DEFAULT = "1.2.840.113556.1.8000.2554.21350.64146.45912.16546.40586.5161851.16633035";

test.for([DEFAULT, "1.3.6.1.4.1.55555", "2.999", "1.2.156.112570", "2.16.156.1"])(
  "accepts the arc %s",
  (arc) => {
    expect(isCustomArc(arc)).toBe(true);
  },
);

test.for([
  "",
  "1",
  "1.",
  "1.2.",
  ".1.2",
  "1.02",
  "1.2.-3",
  "3.1",
  "1.40",
  "1.2.x",
  "1.2 .3",
  "1.2\n",
  "1.2.2147483648",
  "2.25.110860620154935717330723700372722797771",
  `1.2${".2147483647".repeat(8)}`,
  "1.2.156.10197",
  "1.2.156.10197.6",
  "1.3.6.1.4.1.99999.1",
  "1.3.6.1.3.1",
  "1.2.840.113549.1.9",
])("refuses the arc %s", (arc) => {
  expect(isCustomArc(arc)).toBe(false);
});

test("derives the display's attribute from a policy", () => {
  const policies = [
    "2.999.2",
    "2.999.3",
    "1.2.156.10197.2",
    "2.25.77611958535931809579879497083876763447",
    "1.2.2.2",
  ];
  expect(displayOidsOf(policies)).toEqual(["2.999.1", "1.2.2.1"]);
});
