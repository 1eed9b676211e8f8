/** Failures that are worth a retry. */

import { expect, test } from "vitest";

import { Connection, DEFAULT_RETRY_LIMITS, PLATFORM } from "../src/connection.ts";
import { isPassing, NetworkError, PhoneError, ProblemError } from "../src/errors.ts";
import type { Repeats } from "../src/repeats.ts";

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

const call = (): Promise<never> => Promise.reject(new NetworkError("no answer"));

test("retries a finish for a minute", async () => {
  const pauses: number[] = [];
  const sleep = async (ms: number): Promise<void> => void pauses.push(ms);
  const connection = new Connection(
    "https://shield.example",
    { ...PLATFORM, sleep },
    DEFAULT_RETRY_LIMITS,
    {} as Repeats,
  );
  await expect(connection.persistently(call, DEFAULT_RETRY_LIMITS.finishTries)).rejects.toThrow(NetworkError);
  expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(50_000);
  expect(Math.max(...pauses)).toBe(5000);
  pauses.length = 0;
  await expect(connection.persistently(call)).rejects.toThrow(NetworkError);
  expect(pauses).toEqual([500, 1000, 2000, 4000]);
});
