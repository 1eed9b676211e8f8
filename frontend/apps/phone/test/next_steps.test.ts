/** The steps after registration: done, open and closed ones. */

import { expect, test } from "vitest";

import { type UserProgress, nextSteps } from "../src/screens/home/next_steps.ts";
import { nextWords } from "../src/screens/home/next_words.ts";

const NEW: UserProgress = {
  isProven: false,
  hasCertificate: false,
  isBound: false,
  optional: { finger: "off", notices: null },
};

function states(known: Partial<UserProgress>): string[] {
  return nextSteps({ ...NEW, ...known }).map(({ name, state }) => `${name} ${state}`);
}

test("a new user can prove their identity and apply; steps that need a certificate are closed", () => {
  expect(states({})).toEqual(["identity open", "apply open", "bind closed", "finger closed"]);
  expect(states({ isProven: true })).toEqual(["identity done", "apply open", "bind closed", "finger closed"]);
});

test("a certificate implies a proven identity and opens the other steps", () => {
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

test("unsupported features are omitted, and notifications are shown if they are supported", () => {
  const none = { finger: null, notices: null };
  expect(states({ optional: none })).toEqual(["identity open", "apply open", "bind closed"]);
  const later = (notices: "on" | "off"): string | undefined =>
    states({ hasCertificate: true, optional: { finger: null, notices } }).at(-1);
  expect(later("off")).toBe("notices open");
  expect(later("on")).toBe("notices done");
});

test("each step has texts in both languages", () => {
  const all = nextSteps({ ...NEW, optional: { finger: "off", notices: "off" } }).map(({ name }) => name);
  for (const { steps } of [nextWords.zh, nextWords.en]) {
    expect(Object.keys(steps)).toEqual(all);
  }
});
