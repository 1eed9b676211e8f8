// @vitest-environment happy-dom
/** Usual amounts are known only to this phone, after ten amounts, and only add a remark. */

import type { Task } from "@mshield/shield";
import { beforeEach, expect, test } from "vitest";

import { forgetAmounts, isUnusuallyHigh, storeAmounts } from "../src/engine/usual_amounts.ts";

const ASKER = { clientId: "window" };
const OWNER = "33020000000001";

function paying(...amounts: readonly (readonly [currency: string, number: string])[]): Pick<Task, "reading"> {
  const values = amounts.map(([currency, number]) => ({ currency, name: currency, number, text: number }));
  const amount = { label: "总价", computed: false, values };
  const key = { title: "", list: { number: null, party: null }, amount, isAtOdds: false, isComplete: true };
  return { reading: { compared: null, isMismatch: false, key } };
}
const usd = (number: string): Pick<Task, "reading"> => paying(["USD", number]);
const known = (...numbers: readonly string[]): void => storeAmounts(OWNER, ASKER, numbers.map(usd));
const isFar = (number: string): boolean => isUnusuallyHigh(OWNER, ASKER, usd(number));

beforeEach(forgetAmounts);

test("an amount above all of at least ten, and above three times their median, is far above", () => {
  known(...Array.from({ length: 9 }, (_, n) => `${100 + n}.00`));
  expect(isFar("100000.00")).toBe(false);
  known("5000");
  expect(isFar("5000.000000000001")).toBe(true);
  // Not far above: an amount no larger than an earlier one, or at most three times the median.
  expect(isFar("5000.00")).toBe(false);
  forgetAmounts();
  known(...Array.from({ length: 10 }, () => "100.00"));
  expect([isFar("300.00"), isFar("300.01")]).toEqual([false, true]);
});

test("amounts are compared by system, currency and shield, and exactly even if large", () => {
  known(...Array.from({ length: 10 }, () => "100"));
  const much = "9".repeat(30);
  expect(isFar(much)).toBe(true);
  expect(isUnusuallyHigh(OWNER, ASKER, paying(["EUR", much]))).toBe(false);
  expect(isUnusuallyHigh(OWNER, ASKER, paying(["EUR", much], ["USD", much]))).toBe(true);
  expect(isUnusuallyHigh(OWNER, { ...ASKER, clientId: "other" }, usd(much))).toBe(false);
  expect(isUnusuallyHigh("another", ASKER, usd(much))).toBe(false);
  storeAmounts("another", ASKER, [usd("1")]);
  // The amounts of another shield replace these.
  expect(isFar(much)).toBe(false);
});

test("a document without an amount above zero is ignored", () => {
  known(...Array.from({ length: 9 }, () => "100"), "0.00", "-5");
  expect(isUnusuallyHigh(OWNER, ASKER, { reading: null })).toBe(false);
  expect(isFar("1000")).toBe(false);
});

test("the newest thirty amounts of fifty systems are kept, and damaged data are ignored", () => {
  known(...Array.from({ length: 40 }, (_, n) => (n < 10 ? "1000000" : "1")));
  // The large amounts were dropped.
  expect(isFar("4")).toBe(true);
  for (let n = 0; n < 60; n++) {
    storeAmounts(OWNER, { ...ASKER, clientId: `s${n}` }, [usd("1")]);
  }
  expect(isFar("4")).toBe(false);
  const { places } = JSON.parse(localStorage.getItem("mshield-usual")!) as { places: unknown[] };
  expect(places).toHaveLength(50);
  for (const damaged of ["", "[]", "null", `{"owner":"${OWNER}","places":[1,["a",[2]],["b",["x"]]]}`]) {
    localStorage.setItem("mshield-usual", damaged);
    expect(isFar("4")).toBe(false);
  }
});
