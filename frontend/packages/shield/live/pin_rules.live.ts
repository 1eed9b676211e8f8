/** The refused PINs are the same as the Python phone's. */

import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { ALL_RULES, holderOf, weakness } from "../src/pin_rules.ts";
import { SERVICE } from "./service.ts";

interface Case {
  readonly pin: string;
  readonly id_number: string;
  readonly reason: string | null;
}

test("refuses the same PINs as the Python phone", () => {
  const cases = JSON.parse(readFileSync(SERVICE.file, "utf8")) as Case[];
  const weaknesses = cases.map(({ pin, id_number }) => weakness(pin, ALL_RULES, holderOf(id_number)));
  expect(weaknesses).toEqual(cases.map(({ reason }) => reason));
});
