/** The log's entry of a view, made by the service's own code (tests/property/pki/test_tlog_properties.py). */

import { hex, unhex, utf8 } from "@mshield/gm";
import { expect, test } from "vitest";

import { readViewEntry, requireEntry } from "../src/tlog/entry.ts";

const HEAD = `0104${"0000000000000005"}${"71".repeat(32)}${"70".repeat(32)}${"72".repeat(32)}`;
const entry = (text: string) => unhex(HEAD + hex(utf8(text)));
const TEXT = `{"client_id":"bs-1","digest":"${"64".repeat(32)}","id":"a/b","version":2}`;

test("a view's entry has the view, its system, and the two who registered it", () => {
  expect(readViewEntry(entry(TEXT))).toEqual({
    at: 5,
    clientId: "bs-1",
    id: "a/b",
    version: 2,
    digest: "64".repeat(32),
    askedBy: "71".repeat(32),
    approvedBy: "70".repeat(32),
  });
  const act = unhex(`0103${"0000000000000005"}${"72".repeat(32)}`);
  expect(readViewEntry(act)).toBeNull();
});

test.for([
  TEXT.replace(":2", ":02"),
  TEXT.replace('"id"', '"di"'),
  TEXT.replace("/", "_"),
  `${TEXT} `,
  TEXT + "x".repeat(600),
  "",
])("refuses %s", (text) => {
  expect(() => requireEntry(entry(text))).toThrow();
});
