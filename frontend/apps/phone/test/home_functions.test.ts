/** Which of the six functions work in which state, and which words say why not. */

import { expect, test } from "vitest";

import { type CertificateState } from "../src/engine/certificate_state.ts";
import { type FunctionName, type Obstacle, obstacleTo, SCANS, SMALL } from "../src/screens/home/functions.ts";
import { words } from "../src/screens/home/words.ts";

const ALL: readonly FunctionName[] = [...SCANS, ...SMALL];

function working(
  state: CertificateState | null,
  more: { isOffline?: boolean; isRenewing?: boolean; isStopped?: boolean; isFilingChanged?: boolean } = {},
): string[] {
  const standing = {
    state,
    isOffline: false,
    isRenewing: false,
    isStopped: false,
    isUnusable: false,
    ...more,
  };
  return ALL.filter((name) => obstacleTo(name, standing) === null);
}

test.for([
  ["none", ["apply"]],
  ["active", ["scanLogin", "scanSign", "bind", "pin", "renew"]],
  ["due", ["scanLogin", "scanSign", "bind", "pin", "renew"]],
  ["held", []],
  ["locked", []],
  ["expired", []],
  ["revoked", ["apply"]],
  ["newer", []],
] as const)("with a certificate that is %s", ([state, names]) => {
  expect(working(state)).toEqual(names);
});

test("as long as the state isn't known none is barred, and without a network all are", () => {
  expect(working(null)).toEqual(ALL);
  expect(working("active", { isOffline: true })).toEqual([]);
});

test("a hold that nobody can lift is told from one that the legal person lifts", () => {
  const held = { state: "held", isOffline: false, isRenewing: false, isUnusable: false } as const;
  const why = (name: FunctionName, isStopped: boolean): Obstacle | null =>
    obstacleTo(name, { ...held, isStopped });
  expect([why("scanSign", false), why("apply", false)]).toEqual(["held", "heldApply"]);
  expect([why("scanSign", true), why("apply", true)]).toEqual(["stopped", "stoppedApply"]);
});

test("while a renewal is unfinished the PIN stays as it is", () => {
  expect(working("due", { isRenewing: true })).toEqual(["scanLogin", "scanSign", "bind", "renew"]);
});

test("once the filing has changed nothing that the service refuses looks as if it worked", () => {
  expect(working("due", { isFilingChanged: true })).toEqual(["bind", "pin", "renew"]);
  expect(words.zh.why.filing).toContain("更新证书之前不能登录和签名");
  expect(words.en.why.filing).toBeTruthy();
});

test("each obstacle is said in both languages", () => {
  const states = ["none", "active", "due", "held", "locked", "expired", "revoked", "newer"] as const;
  const obstacles = new Set<Obstacle>();
  for (const state of states) {
    for (const [isOffline, isStopped] of [
      [false, false],
      [false, true],
      [true, false],
    ] as const) {
      for (const name of ALL) {
        const obstacle = obstacleTo(name, {
          state,
          isOffline,
          isRenewing: true,
          isUnusable: false,
          isStopped,
        });
        if (obstacle !== null) {
          obstacles.add(obstacle);
        }
      }
    }
  }
  for (const obstacle of obstacles) {
    expect(words.zh.why[obstacle]).toBeTruthy();
    expect(words.en.why[obstacle]).toBeTruthy();
  }
  expect(obstacles.size).toBe(14);
});
