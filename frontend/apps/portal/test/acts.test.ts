// @vitest-environment happy-dom
import { expect, test } from "vitest";

import { likelyReason } from "../src/acts/reasons.ts";
import { possibleActs, possibleForAny } from "../src/engine/acts.ts";

test.each([
  ["active", [], ["report_loss", "freeze", "revoke"]],
  ["active", ["lost"], ["lift_loss", "freeze", "revoke"]],
  ["active", ["lost", "frozen"], ["lift_loss", "unfreeze", "revoke"]],
  ["active", ["clone"], ["report_loss", "freeze", "revoke"]],
  ["issued", [], ["revoke"]],
  ["pin_locked", [], ["revoke"]],
  ["pin_locked", ["clone", "lost", "frozen"], ["lift_loss", "unfreeze", "revoke"]],
  ["expired", [], ["revoke"]],
  ["superseded", [], []],
  ["revoked", [], []],
])("possible acts with %s %j", (state, holds, acts) => {
  expect(possibleActs({ state, holds })).toEqual(acts);
});

test("for several, returns acts that change at least one of them, in the same order", () => {
  const shields = [
    { state: "revoked", holds: [] },
    { state: "pin_locked", holds: [] },
    { state: "active", holds: ["lost"] },
  ];
  expect(possibleForAny(shields)).toEqual(["lift_loss", "freeze", "revoke"]);
  expect(possibleForAny([])).toEqual([]);
});

test("returns the reason that a shield's state suggests", () => {
  expect(likelyReason([{ state: "pin_locked", holds: [] }])).toBe("pin");
  expect(likelyReason([{ state: "pin_locked", holds: ["lost"] }])).toBe("lost");
  expect(likelyReason([{ state: "expired", holds: [] }])).toBe("expired");
  expect(likelyReason([{ state: "active", holds: ["frozen", "lost"] }])).toBe("lost");
  expect(likelyReason([{ state: "active", holds: [] }])).toBe("");
  const one = { state: "pin_locked", holds: [] };
  expect(likelyReason([one, one])).toBe("");
});
