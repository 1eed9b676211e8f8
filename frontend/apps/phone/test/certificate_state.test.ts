/** The states of the certificate, their precedence, and the days left. */

import type { CertificateChange, IssuedCertificate } from "@mshield/shield";
import { describe, expect, test } from "vitest";

import {
  canSign,
  certificateState,
  changeTo,
  daysLeft,
  holdsOf,
  isStopped,
  renewableFrom,
  storyOf,
} from "../src/engine/certificate_state.ts";
import { day, DAY_MS } from "@mshield/look/vue/dates.ts";

const NOW = Date.UTC(2026, 10, 25, 4);

function certificate(parts: Partial<IssuedCertificate> = {}): IssuedCertificate {
  return {
    state: "active",
    holds: [],
    notAfter: NOW + 400 * DAY_MS,
    changes: [],
    ...parts,
  } as IssuedCertificate;
}

function stateOf(parts: Partial<IssuedCertificate>, due = false): string {
  const renewal = { due, reason: due ? "ending" : null, until: NOW };
  return certificateState({ certificate: certificate(parts), renewal }, NOW);
}

function at(event: string, ms: number): CertificateChange {
  return { event, by: "legal_person", reason: "", at: ms };
}

describe("the state", () => {
  test("is none without a certificate", () => {
    expect(certificateState({ certificate: null, renewal: null }, NOW)).toBe("none");
  });
  test.for([
    ["active", {}, false],
    ["due", {}, true],
    ["held", { holds: ["lost"] }, false],
    ["locked", { state: "pin_locked" }, false],
    ["expired", { state: "expired" }, false],
    ["revoked", { state: "revoked" }, false],
    ["revoked", { state: "superseded" }, false],
    ["newer", { state: "sleeping" }, true],
  ] as const)("%s", ([state, parts, due]) => {
    expect(stateOf(parts, due)).toBe(state);
  });
  test("a hold takes precedence over renewal, and a lock over a hold", () => {
    expect(stateOf({ holds: ["frozen"] }, true)).toBe("held");
    expect(stateOf({ state: "pin_locked", holds: ["frozen"] }, true)).toBe("locked");
    expect(stateOf({ state: "revoked", holds: ["frozen"] }, true)).toBe("revoked");
  });
  test("the certificate also expires by this phone's clock, to the millisecond", () => {
    expect(stateOf({ notAfter: NOW + 1 })).toBe("active");
    expect(stateOf({ notAfter: NOW, holds: ["lost"] })).toBe("expired");
  });
  test("only an active certificate signs, due or not", () => {
    const all = ["none", "active", "due", "held", "locked", "expired", "revoked"] as const;
    expect(all.filter(canSign)).toEqual(["active", "due"]);
  });
});

describe("holds", () => {
  test("are sorted most severe first, without unknown ones", () => {
    const holds = ["frozen", "of a newer service", "clone", "lost"];
    expect(holdsOf(certificate({ holds }))).toEqual(["clone", "lost", "frozen"]);
  });
  test("the last time a hold was placed determines who and when", () => {
    const changes = [at("report_loss", 1), at("lift_loss", 2), at("report_loss", 3), at("freeze", 4)];
    expect(changeTo(certificate({ changes }), "lost")?.at).toBe(3);
    expect(changeTo(certificate({ changes }), "revoked")).toBeNull();
  });
  test("the legal person can lift no hold that ends only by revocation", () => {
    expect(isStopped(certificate({ holds: ["lost", "frozen"] }))).toBe(false);
    expect(isStopped(certificate({ holds: ["frozen", "clone"] }))).toBe(true);
    expect(isStopped(certificate({ holds: ["duplicate"] }))).toBe(true);
  });
  test("the causes are one per hold, and one for a lock or an end", () => {
    const changes = [at("freeze", 1), at("report_loss", 2), at("revoke", 3)];
    const seen = certificate({ holds: ["frozen", "lost"], changes });
    expect(storyOf(seen, "held").map(({ name, change }) => [name, change?.at])).toEqual([
      ["lost", 2],
      ["frozen", 1],
    ]);
    expect(storyOf(seen, "revoked")).toEqual([{ name: "revoked", change: changes[2] }]);
    expect(storyOf(certificate({ state: "pin_locked" }), "locked")).toEqual([
      { name: "locked", change: null },
    ]);
    const both = certificate({ state: "pin_locked", holds: ["lost"], changes: [at("report_loss", 2)] });
    expect(storyOf(both, "locked").map(({ name, change }) => [name, change?.at])).toEqual([
      ["locked", undefined],
      ["lost", 2],
    ]);
    expect([...storyOf(seen, "expired"), ...storyOf(seen, "active")]).toEqual([]);
  });
});

describe("days", () => {
  test.for([
    [43 * DAY_MS + 5, 43],
    [DAY_MS, 1],
    [DAY_MS - 1, 0],
    [0, 0],
    [-DAY_MS, 0],
  ])("with %i ms left there are %i days", ([left, days]) => {
    expect(daysLeft({ notAfter: NOW + left! }, NOW)).toBe(days);
  });
  test.for([
    ["2027-08-31", "2027-02-28"],
    ["2028-08-31", "2028-02-29"],
    ["2027-10-31", "2027-04-30"],
    ["2027-03-15", "2026-09-15"],
    ["2027-06-30", "2026-12-30"],
    ["2027-01-01", "2026-07-01"],
  ])("a certificate that expires on %s can be renewed from %s", ([end, start]) => {
    expect(day(renewableFrom(new Date(`${end}T10:00`).getTime()))).toBe(start);
  });
});
