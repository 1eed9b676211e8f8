/**
 * The sid of an unlock is byte-identical to the service's (same case in tests/unit/gm/test_unlock_sid.py).
 */

import { expect, test } from "vitest";

import { hex, unlockSid, type UnlockOf } from "../src/index.ts";

const OF: UnlockOf = {
  challenge: Uint8Array.from({ length: 32 }, (_, i) => i),
  account: "01a20c12-3f40-7a11-9c55-0b1de2f3a4c6",
  device: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
  shieldNumber: "MS10720468813",
  origin: "https://shield.example.cn",
};

test("equals the sid that the service computes", () => {
  expect(hex(unlockSid(OF))).toBe("61130278b706765613d90441533295c6");
});

test.for(["account", "device", "shieldNumber", "origin"] as const)("another %s gives another sid", (name) => {
  expect(hex(unlockSid({ ...OF, [name]: `${OF[name]}x` }))).not.toBe(hex(unlockSid(OF)));
});
