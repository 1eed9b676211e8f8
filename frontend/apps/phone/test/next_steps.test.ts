/** What comes after the registration: what is done, what is next, and what must wait. */

import { expect, test } from "vitest";

import { type Known, nextSteps } from "../src/screens/home/next_steps.ts";
import { nextWords } from "../src/screens/home/next_words.ts";

const NEW: Known = {
  isProven: false,
  hasCertificate: false,
  isBound: false,
  hasBiometric: false,
  canBiometric: true,
  notices: null,
};

function states(known: Partial<Known>): string[] {
  return nextSteps({ ...NEW, ...known }).map(({ name, state }) => `${name} ${state}`);
}

test("who has just registered proves who they are and applies; what needs a certificate waits", () => {
  expect(states({})).toEqual(["identity open", "apply open", "bind closed", "finger closed"]);
  expect(states({ isProven: true })).toEqual(["identity done", "apply open", "bind closed", "finger closed"]);
});

test("a certificate proves the identity, and opens the rest", () => {
  expect(states({ hasCertificate: true })).toEqual([
    "identity done",
    "apply done",
    "bind open",
    "finger open",
  ]);
  expect(states({ hasCertificate: true, isBound: true, hasBiometric: true })).toEqual([
    "identity done",
    "apply done",
    "bind done",
    "finger done",
  ]);
});

test("a phone that can't take a finger isn't asked for one, and notices stand where they can be set up", () => {
  expect(states({ canBiometric: false })).toEqual(["identity open", "apply open", "bind closed"]);
  expect(states({ canBiometric: false, notices: "/me/notices" }).at(-1)).toBe("notices open");
});

test("each step has its words, in both languages", () => {
  const all = nextSteps({ ...NEW, notices: "/me/notices" }).map(({ name }) => name);
  for (const { steps } of [nextWords.zh, nextWords.en]) {
    expect(Object.keys(steps)).toEqual(all);
  }
});
