// @vitest-environment happy-dom
/** What is usual is known to this phone alone, after ten amounts, and says no more than a word. */

import type { Task } from "@mshield/shield";
import { beforeEach, expect, test } from "vitest";

import { forgetUsual, isFarAbove, keepSigned } from "../src/engine/usual.ts";

const ASKER = { clientId: "window", name: "单一窗口", domain: "x.example" };
const OWNER = "33020000000001";

function paying(...amounts: readonly (readonly [currency: string, number: string])[]): Pick<Task, "reading"> {
  const values = amounts.map(([currency, number]) => ({ currency, name: currency, number, text: number }));
  const amount = { label: "总价", computed: false, values };
  const key = { title: "", list: { number: null, party: null }, amount, isAtOdds: false };
  return { reading: { compared: null, isMismatch: false, key } };
}
const usd = (number: string): Pick<Task, "reading"> => paying(["USD", number]);
const known = (...numbers: readonly string[]): void => keepSigned(OWNER, ASKER, numbers.map(usd));
const isFar = (number: string): boolean => isFarAbove(OWNER, ASKER, usd(number));

beforeEach(forgetUsual);

test("an amount above all of at least ten, and three times their median, is far above", () => {
  known(...Array.from({ length: 9 }, (_, n) => `${100 + n}.00`));
  expect(isFar("100000.00")).toBe(false);
  known("5000");
  expect(isFar("5000.000000000001")).toBe(true);
  // As much was signed here before, or it is no more than three times what is usual.
  expect(isFar("5000.00")).toBe(false);
  forgetUsual();
  known(...Array.from({ length: 10 }, () => "100.00"));
  expect([isFar("300.00"), isFar("300.01")]).toEqual([false, true]);
});

test("by system, by currency, by shield; also of large numbers, exactly", () => {
  known(...Array.from({ length: 10 }, () => "100"));
  const much = "9".repeat(30);
  expect(isFar(much)).toBe(true);
  expect(isFarAbove(OWNER, ASKER, paying(["EUR", much]))).toBe(false);
  expect(isFarAbove(OWNER, ASKER, paying(["EUR", much], ["USD", much]))).toBe(true);
  expect(isFarAbove(OWNER, { ...ASKER, clientId: "other" }, usd(much))).toBe(false);
  expect(isFarAbove("another", ASKER, usd(much))).toBe(false);
  keepSigned("another", ASKER, [usd("1")]);
  // What another shield's person signed isn't kept beside it.
  expect(isFar(much)).toBe(false);
});

test("a document without an amount, or of none above zero, counts for nothing", () => {
  known(...Array.from({ length: 9 }, () => "100"), "0.00", "-5");
  expect(isFarAbove(OWNER, ASKER, { reading: null })).toBe(false);
  expect(isFar("1000")).toBe(false);
});

test("the newest thirty of fifty systems are kept, and what is damaged is none", () => {
  known(...Array.from({ length: 40 }, (_, n) => (n < 10 ? "1000000" : "1")));
  // The large ones have gone.
  expect(isFar("4")).toBe(true);
  for (let n = 0; n < 60; n++) {
    keepSigned(OWNER, { ...ASKER, clientId: `s${n}` }, [usd("1")]);
  }
  expect(isFar("4")).toBe(false);
  const { places } = JSON.parse(localStorage.getItem("mshield-usual")!) as { places: unknown[] };
  expect(places).toHaveLength(50);
  for (const damaged of ["", "[]", "null", `{"owner":"${OWNER}","places":[1,["a",[2]],["b",["x"]]]}`]) {
    localStorage.setItem("mshield-usual", damaged);
    expect(isFar("4")).toBe(false);
  }
});
