/** Which PINs are refused, compared with what the Python phone refuses. */

import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { ALL_RULES, holderOf, weakness } from "../src/pin_rules.ts";
import { GIVEN } from "./service.ts";

interface Case {
  readonly pin: string;
  readonly id_number: string;
  readonly reason: string | null;
}

test("as the Python phone refuses them", () => {
  const cases = JSON.parse(readFileSync(GIVEN.file, "utf8")) as Case[];
  const weaknesses = cases.map(({ pin, id_number }) => weakness(pin, ALL_RULES, holderOf(id_number)));
  expect(weaknesses).toEqual(cases.map(({ reason }) => reason));
});
