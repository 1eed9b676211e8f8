/** Availability of the six functions by state, and the texts that explain why not. */

import { expect, test } from "vitest";

import { type CertificateState } from "../src/engine/certificate_state.ts";
import {
  type FunctionName,
  type Obstacle,
  findObstacle,
  SCAN_FUNCTIONS,
  SMALL_FUNCTIONS,
} from "../src/screens/home/functions.ts";
import { words } from "../src/screens/home/words.ts";

const ALL: readonly FunctionName[] = [...SCAN_FUNCTIONS, ...SMALL_FUNCTIONS];

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
  return ALL.filter((name) => findObstacle(name, standing) === null);
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

test("while the state is unknown all are available, and without a network none is", () => {
  expect(working(null)).toEqual(ALL);
  expect(working("active", { isOffline: true })).toEqual([]);
});

test("a hold that nobody can lift has another explanation than one that the legal person lifts", () => {
  const held = { state: "held", isOffline: false, isRenewing: false, isUnusable: false } as const;
  const why = (name: FunctionName, isStopped: boolean): Obstacle | null =>
    findObstacle(name, { ...held, isStopped });
  expect([why("scanSign", false), why("apply", false)]).toEqual(["held", "heldApply"]);
  expect([why("scanSign", true), why("apply", true)]).toEqual(["stopped", "stoppedApply"]);
});

test("while a renewal is unfinished, the PIN can't be changed", () => {
  expect(working("due", { isRenewing: true })).toEqual(["scanLogin", "scanSign", "bind", "renew"]);
});

test("after a change of the filing, the functions that the service refuses are unavailable", () => {
  expect(working("due", { isFilingChanged: true })).toEqual(["bind", "pin", "renew"]);
  expect(words.zh.why.filing).toContain("更新证书之前不能登录和签名");
  expect(words.en.why.filing).toBeTruthy();
});

test("each obstacle has texts in both languages", () => {
  const states = ["none", "active", "due", "held", "locked", "expired", "revoked", "newer"] as const;
  const obstacles = new Set<Obstacle>();
  for (const state of states) {
    for (const [isOffline, isStopped] of [
      [false, false],
      [false, true],
      [true, false],
    ] as const) {
      for (const name of ALL) {
        const obstacle = findObstacle(name, {
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
