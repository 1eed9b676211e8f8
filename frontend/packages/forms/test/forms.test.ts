/** Strict base64 and JSON: one spelling, no repeated field, no lone surrogate. */

import { utf8 } from "@mshield/gm";
import { expect, test } from "vitest";

import {
  canonicalJson,
  FormError,
  fromBase64,
  isWellFormed,
  readJson,
  hasMember,
  toBase64,
} from "../src/index.ts";

test("reads back base64 of any length", () => {
  for (let length = 0; length < 70; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37) % 256);
    expect(fromBase64(toBase64(bytes))).toEqual(bytes);
  }
});

test.for(["QR==", "QQ=", "QQ", "Q", "Q===", "QQ==QQ==", "Q\nQ==", "_-8=", "AAF="])(
  "refuses base64 %j",
  (text) => {
    expect(() => fromBase64(text)).toThrow(FormError);
  },
);

test("accepts stray bits if allowed", () => {
  expect(fromBase64("QR==", { lax: true })).toEqual(utf8("A"));
});

test.for(['{"a":1.0}', '{"a":1e2}', '{"a":-1E2}', "[1.5]"])("refuses %s as an integer", (text) => {
  expect(readJson(utf8(text))).toBeDefined();
  expect(() => readJson(utf8(text), { integers: true })).toThrow("number");
});

test("ignores numbers, brackets and names inside strings", () => {
  const text = '{"a":"1.5e3, \\"b\\":1, \\"b\\":2","c":["1.0",-7,true,false,null],"1.5":"{"}';
  expect(readJson(utf8(text), { integers: true })).toMatchObject({ "1.5": "{" });
});

test("finds repeated names quickly among many", () => {
  const many = Array.from({ length: 50_000 }, (_, i) => `"n${i}":${i}`).join(",");
  expect(readJson(utf8(`{${many}}`))).toBeDefined();
  expect(() => readJson(utf8(`{${many},"n0":1}`))).toThrow("repeated");
});

test("accepts only UTF-8 without a byte order mark", () => {
  for (const bytes of [
    [0xef, 0xbb, 0xbf, 0x7b, 0x7d],
    [0xff, 0xfe, 0x7b, 0, 0x7d, 0],
    [0xed, 0xa0, 0x80],
  ]) {
    expect(() => readJson(Uint8Array.from(bytes))).toThrow(FormError);
  }
});

test("refuses lone surrogates", () => {
  expect(isWellFormed("报关单😀")).toBe(true);
  expect(isWellFormed("\ud83d")).toBe(false);
  expect(isWellFormed("\ude00\ud83d")).toBe(false);
});

test("finds a member at any depth, also a repeated one", () => {
  expect(hasMember('{"a":[{"type":"x"}],"type":"y"}', "type", "x")).toBe(true);
  expect(hasMember('{"type":"x","type":"y"}', "type", "x")).toBe(true);
  expect(hasMember('["type","x"]', "type", "x")).toBe(false);
});

test("sorts names of canonical JSON by their units, also names that look like numbers", () => {
  const names = ["b", "3104", "00", "__proto__", "10", "\u{1F600}", "\uFF01", "9", ""];
  const members = Object.fromEntries(names.map((name) => [name, [name]]));
  const written =
    '"":[""],"00":["00"],"10":["10"],"3104":["3104"],"9":["9"],"__proto__":["__proto__"],"b":["b"]';
  const text = `{${written},"\u{1F600}":["\u{1F600}"],"\uFF01":["\uFF01"]}`;
  expect(canonicalJson(members)).toEqual(utf8(text));
  expect(canonicalJson([new Map(Object.entries(members)), null, -7])).toEqual(utf8(`[${text},null,-7]`));
});
