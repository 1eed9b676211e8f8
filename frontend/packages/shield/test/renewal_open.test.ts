/** True if a renewal is in progress, including one suspended because its holder is no longer registered. */

import { expect, test } from "vitest";

import { ProblemError } from "../src/errors.ts";
import type { Operation } from "../src/operation.ts";
import { resumeRenewal } from "../src/renewal.ts";
import { readRenewal, requireNoRenewal } from "../src/renewal_state.ts";

function operation(refused: string): Operation {
  const connection = {
    get: async () => {
      throw new ProblemError(refused, 409);
    },
  };
  const vault = { state: { pending: { renews: true } } };
  return { connection, vault, loggedIn: () => ({}) } as unknown as Operation;
}

test.for([
  ["no_filing", "renewal_unfinished"],
  ["held", "held"],
] as const)("refused with %s", async ([refused, code]) => {
  await expect(requireNoRenewal(operation(refused))).rejects.toMatchObject({ code });
});

test("a renewal that the outside CA refused is over, so the PIN can be changed", async () => {
  const paths: string[] = [];
  const changes: unknown[] = [];
  const connection = {
    get: async (path: string) => {
      paths.push(path);
      throw new ProblemError(path.endsWith("current") ? "ca_refused" : "no_certificate", 409);
    },
  };
  const vault = { state: { pending: { renews: true } }, change: async (one: unknown) => changes.push(one) };
  await requireNoRenewal({ connection, vault, loggedIn: () => ({}) } as unknown as Operation);
  expect(paths).toEqual(["/api/phone/renewals/current", "/api/phone/certificate"]);
  expect(changes).toEqual([{ pending: null }]);
});

const WAITING = {
  sid: "00".repeat(16),
  uid: "01".repeat(16),
  key: "new",
  state: "waiting",
  challenge: null,
  shield_number: "MS10720468813",
  subject: { country: "CN", organisation: "宁波北潮", role: "操作员", common_name: "林知远" },
  consent: null,
  confirm: null,
  certificate_pem: null,
  issuer: { name: "示例签发机构", name_en: "Example CA" },
};

test("a renewal names its outside CA, and none for the service's own", () => {
  const { issuer: _, ...own } = WAITING;
  expect(readRenewal(WAITING).issuer).toEqual({ name: "示例签发机构", nameEn: "Example CA" });
  expect(readRenewal(own).issuer).toBeNull();
});

test("a renewal that waits for the outside CA signs nothing", async () => {
  const connection = {
    get: async (path: string) => (path.endsWith("current") ? WAITING : { pin_rules: [], pin_blocked: [] }),
  };
  const vault = { state: { pending: { renews: true } } };
  const waiting = { connection, vault, loggedIn: () => ({}), anonymous: () => ({}) } as unknown as Operation;
  await expect(resumeRenewal(waiting, "142536")).rejects.toMatchObject({ code: "ca_waiting" });
});
