/** Which failures are worth another try. */

import { expect, test } from "vitest";

import { isPassing, NetworkError, PhoneError, ProblemError } from "../src/errors.ts";

test.for([
  [new ProblemError("unavailable", 503), true],
  [new ProblemError("in_progress", 409), true],
  [new ProblemError("sms_failed", 503), false],
  [new ProblemError("conflict", 409), false],
  [new NetworkError("no answer"), true],
  [new PhoneError("no_renewal"), false],
] as const)("%s", ([error, isWorthIt]) => {
  expect(isPassing(error)).toBe(isWorthIt);
});
