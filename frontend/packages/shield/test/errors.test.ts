/** Every error of the engine has a code, both sentences and a helpful FAQ entry. */

import { readdirSync, readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { problemOf } from "../src/errors.ts";
import { NetworkError, PhoneError, ProtocolError, ShieldError } from "../src/index.ts";
import { TEXTS } from "../src/texts.ts";

const SOURCES = ["packages/shield/src", "packages/gm/src"];
const THROWN = /new (?:Phone|Protocol|Gm)Error\((.*?)\);/gs;
/** Codes that only the service's side of the arithmetic throws. */
const NOT_OF_THE_PHONE = new Set(["bad_opening", "bad_signature", "no_session", "wrong_pin", "fault"]);

function thrownCodes(): string[] {
  const texts = SOURCES.flatMap((folder) =>
    readdirSync(folder, { encoding: "utf8", recursive: true })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(`${folder}/${name}`, "utf8")),
  );
  const thrown = texts.flatMap((text) => [...text.matchAll(THROWN)].map((match) => match[1]!));
  // Only the first word of a text is a code; a choice between two codes has both.
  const words = thrown.flatMap((text) => [...text.matchAll(/"([a-z_]+)"/g)].map((match) => match[1]!));
  return [...new Set(words)].filter((code) => !NOT_OF_THE_PHONE.has(code));
}

test("each code has a Chinese and an English sentence and an FAQ entry", () => {
  const codes = thrownCodes();
  expect(codes).toContain("damaged_slot");
  expect(codes).toContain("bad_point");
  for (const code of [...codes, "network"]) {
    const error = new ShieldError(code);
    expect(error.zh, code).toMatch(/[一-鿿]/);
    expect(error.en, code).toMatch(/^[A-Z].* /);
    expect(error.faq, code).toMatch(/^3\.(?:[1-9]|10)$/);
  }
  expect(Object.keys(TEXTS).filter((code) => ![...codes, "network"].includes(code))).toEqual([]);
});

test("every kind of error has the same members", () => {
  const document = {
    code: "wrong_pin",
    zh: "PIN 码不正确，还可以试 2 次",
    en: "Wrong PIN. 2 tries left",
    faq: "3.8",
    left: 2,
    request_id: "019ab5f06c1e7d52",
  };
  const refused = problemOf(403, "application/problem+json", JSON.stringify(document));
  const errors = [
    refused,
    problemOf(418, "text/html", "<p>"),
    problemOf(502, "text/html", "<p>"),
    new NetworkError("lost"),
    new PhoneError("no_key"),
    new ProtocolError("bad_proof"),
  ];
  for (const error of errors) {
    expect(error).toBeInstanceOf(ShieldError);
    const { code, zh, en, faq, extra, requestId } = error;
    expect([code, zh, en, faq].map((member) => typeof member)).toEqual(Array(4).fill("string"));
    expect(extra).toBeTypeOf("object");
    expect(requestId).toBe(error === refused ? document.request_id : null);
  }
  expect(refused).toMatchObject({ code: "wrong_pin", faq: "3.8", extra: { left: 2 } });
});
