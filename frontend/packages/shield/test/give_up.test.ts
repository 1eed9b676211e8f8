/** Abandoning a renewal that has just ended: the phone reports what became of it. */

import { expect, test, vi } from "vitest";

import { PhoneError, ProblemError } from "../src/errors.ts";
import type { Operation } from "../src/operation.ts";

const settled = vi.fn<() => Promise<unknown>>();
vi.mock("../src/renewal_state.ts", () => ({
  CURRENT: "/api/phone/renewals/current",
  currentRenewal: async () => ({ state: "issued" }),
  settledRenewal: settled,
}));
const { giveUpRenewal } = await import("../src/renewal.ts");

function operation(refusal: ProblemError | null): {
  readonly operation: Operation;
  readonly changes: object[];
} {
  const changes: object[] = [];
  const vault = { change: async (change: object) => changes.push(change) };
  const connection = {
    delete: async () => {
      if (refusal !== null) {
        throw refusal;
      }
    },
  };
  return { operation: { connection, vault, loggedIn: () => ({}) } as unknown as Operation, changes };
}

function problem(code: string): ProblemError {
  return new ProblemError(code, 409);
}

test.for([
  [{ serial: "1" }, "renewed_already"],
  [null, "no_renewal"],
] as const)("already settled: %o", async ([issued, code]) => {
  settled.mockResolvedValueOnce(issued);
  const { operation: asked, changes } = operation(problem("not_found"));
  const refused = await giveUpRenewal(asked).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(PhoneError);
  expect(refused).toMatchObject({ code });
  expect(changes).toEqual([]);
});

test("reports another refusal unchanged, and abandons a renewal in progress", async () => {
  await expect(giveUpRenewal(operation(problem("conflict")).operation)).rejects.toMatchObject({
    code: "conflict",
  });
  const { operation: asked, changes } = operation(null);
  await giveUpRenewal(asked);
  expect(changes).toEqual([{ pending: null }]);
});
