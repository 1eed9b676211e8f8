/** The sid of an unlock, to the byte as the service makes it (tests/unit/gm/test_unlock_sid.py has the same). */

import { expect, test } from "vitest";

import { hex, unlockSid, type UnlockOf } from "../src/index.ts";

const OF: UnlockOf = {
  challenge: Uint8Array.from({ length: 32 }, (_, i) => i),
  account: "01a20c12-3f40-7a11-9c55-0b1de2f3a4c6",
  device: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
  shieldNumber: "MS10720468813",
  origin: "https://shield.example.cn",
};

test("it is the service's", () => {
  expect(hex(unlockSid(OF))).toBe("61130278b706765613d90441533295c6");
});

test.for(["account", "device", "shieldNumber", "origin"] as const)("another %s is another one", (name) => {
  expect(hex(unlockSid({ ...OF, [name]: `${OF[name]}x` }))).not.toBe(hex(unlockSid(OF)));
});
