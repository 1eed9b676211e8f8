/** The short code beside the QR code equals the service's. */

import { expect, test } from "vitest";

import { shortOf } from "../src/short_code.ts";

const TEXT = "https://shield.example/q/01234567-89ab-7def-8123-456789abcdef?t=17&c=R83rzbc_ifK53v8aSFKqsQ";

test("of the text of tests/requests/test_qr.py", () => {
  expect(shortOf(TEXT)).toBe("0H8Z 6YQK");
});

test("has none for what isn't a code, or is too old", () => {
  expect(shortOf("https://shield.example/")).toBeNull();
  expect(shortOf(TEXT.replace("t=17", "t=1023"))?.slice(0, 2)).toBe("ZZ");
  expect(shortOf(TEXT.replace("t=17", "t=1024"))).toBeNull();
});
