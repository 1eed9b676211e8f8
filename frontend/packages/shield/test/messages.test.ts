/** Co-signing answers are read strictly: exactly these fields, each once, in the order sent. */

import { utf8 } from "@mshield/gm";
import { describe, expect, test } from "vitest";

import { readFinish, readJointKey, readOpen } from "../src/cosign_messages.ts";
import { fromBase64 } from "../src/fields.ts";
import { canonicalJson, readJson } from "../src/strict_json.ts";

const SID = "00".repeat(16);
const POINT = "04".repeat(65);
const OPEN = `{"items":[{"sid":"${SID}","Q2":"${POINT}","A":"${POINT}","z":"${"11".repeat(32)}"}],"left":5,"next_epoch":null}`;
const FINISH = `{"items":[{"sid":"${SID}","r":"${"22".repeat(32)}","s":"${"33".repeat(32)}"}],"otp":"${"44".repeat(32)}"}`;

describe("open", () => {
  test("as the protocol has it", () => {
    expect(readOpen(utf8(OPEN), [SID])).toMatchObject({ left: 5, nextEpoch: null });
    expect(readOpen(utf8(OPEN.replace("null", "7")), [SID]).nextEpoch).toBe(7);
  });
  test.for([
    OPEN.replace('"left":5,', ""),
    OPEN.replace('"left":5', '"left":0'),
    OPEN.replace('"left":5', '"left":6'),
    OPEN.replace('"left":5', '"left":"5"'),
    OPEN.replace('"left":5', '"left":5,"left":5'),
    OPEN.replace('"left":5', '"left":5,"more":1'),
    OPEN.replace("null", "0"),
    OPEN.replace("null", "4294967296"),
    OPEN.replace('"z":"11', '"z":"1'),
    OPEN.replace('"A":"04', '"A":"0A'),
    OPEN.replace(SID, "01".repeat(16)),
    OPEN.replace("}]", "},{}]"),
    `${OPEN}x`,
    "[]",
    "null",
  ])("%s is malformed", (text) => {
    expect(() => readOpen(utf8(text), [SID])).toThrow("malformed");
  });
});

describe("finish", () => {
  const closed = `{"items":[{"sid":"${SID}","error":"task_closed"}],"otp":"${"44".repeat(32)}"}`;

  test("as the protocol has it", () => {
    expect(readFinish(utf8(FINISH), [SID]).signatures).toHaveLength(1);
    expect(readFinish(utf8(closed), [SID]).signatures).toEqual([null]);
  });
  test.for([
    FINISH.replace('"r":', '"R":'),
    FINISH.replace('"s":"33', '"error":"task_closed","s":"33'),
    FINISH.replace('"otp":"44', '"otp":"'),
    closed.replace("task_closed", "held"),
    FINISH.replace(/\[.*\]/, "[]"),
  ])("%s is malformed", (text) => {
    expect(() => readFinish(utf8(text), [SID])).toThrow("malformed");
  });
});

test("the joint key is P and nothing else", () => {
  expect(readJointKey(utf8(`{"P":"${POINT}"}`))).toHaveLength(65);
  expect(() => readJointKey(utf8(`{"P":"${POINT}","P1":"${POINT}"}`))).toThrow("malformed");
});

test("a repeated field is found at any depth, and braces in strings are none", () => {
  expect(() => readJson(utf8('{"a":[{"b":1,"c":{"b":2}},{"b":1,"\\u0062":2}]}'))).toThrow("repeated");
  expect(readJson(utf8('{"a":"{\\"a\\":1,\\"a\\":2}","b":["a","a"],"c":{"a":"\\\\"}}'))).toBeDefined();
  expect(() => readJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow("UTF-8");
});

test("canonical JSON sorts names at any depth", () => {
  expect(canonicalJson({ b: [{ d: 1, c: "é\u2028\n" }], a: null })).toEqual(
    utf8('{"a":null,"b":[{"c":"é\u2028\\n","d":1}]}'),
  );
});

test("base64 is standard and whole", () => {
  expect(fromBase64("AQI=")).toEqual(Uint8Array.of(1, 2));
  for (const text of ["AQI", "AQ-_", "A===", "AQ I"]) {
    expect(() => fromBase64(text)).toThrow("malformed");
  }
});
