/** True if a renewal is in progress, including one suspended because its holder is no longer registered. */

import { expect, test } from "vitest";

import { ProblemError } from "../src/errors.ts";
import type { Operation } from "../src/operation.ts";
import { requireNoRenewal } from "../src/renewal_state.ts";

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
