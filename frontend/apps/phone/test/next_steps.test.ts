/** What comes after the registration: what is done, what is next, and what must wait. */

import { expect, test } from "vitest";

import { type Known, nextSteps } from "../src/screens/home/next_steps.ts";
import { nextWords } from "../src/screens/home/next_words.ts";

const NEW: Known = {
  isProven: false,
  hasCertificate: false,
  isBound: false,
  optional: { finger: "off", notices: null },
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
  expect(states({ hasCertificate: true, isBound: true, optional: { finger: "on", notices: null } })).toEqual([
    "identity done",
    "apply done",
    "bind done",
    "finger done",
  ]);
});

test("a phone that can't take a finger isn't asked for one, and notices stand where they can be set up", () => {
  const none = { finger: null, notices: null };
  expect(states({ optional: none })).toEqual(["identity open", "apply open", "bind closed"]);
  const later = (notices: "on" | "off"): string | undefined =>
    states({ hasCertificate: true, optional: { finger: null, notices } }).at(-1);
  expect(later("off")).toBe("notices open");
  expect(later("on")).toBe("notices done");
});

test("each step has its words, in both languages", () => {
  const all = nextSteps({ ...NEW, optional: { finger: "off", notices: "off" } }).map(({ name }) => name);
  for (const { steps } of [nextWords.zh, nextWords.en]) {
    expect(Object.keys(steps)).toEqual(all);
  }
});
