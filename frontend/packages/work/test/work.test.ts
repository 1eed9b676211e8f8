import { createChallenge, verifySolution } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/web/pbkdf2";
import { expect, test } from "vitest";

import { beginWork, type Challenge, solve, workOf } from "../src/work.ts";

const SECRET = "a secret";

async function captcha(changed: Partial<Challenge["parameters"]> = {}): Promise<Challenge> {
  const challenge = await createChallenge({
    algorithm: "PBKDF2/SHA-256",
    cost: 10,
    counter: 3,
    deriveKey,
    hmacSignatureSecret: SECRET,
  });
  return { ...challenge, parameters: { ...challenge.parameters, ...changed } };
}

test("ALTCHA's own check accepts the work, which is the same each time", async () => {
  const challenge = await captcha();
  const work = await solve(challenge);
  const { solution } = JSON.parse(atob(work)) as { solution: { counter: number; derivedKey: string } };
  expect(solution.counter).toBe(3);
  const checked = await verifySolution({ challenge, solution, deriveKey, hmacSignatureSecret: SECRET });
  expect(checked.verified).toBe(true);
  expect(await solve(challenge)).toBe(work);
});

test("refuses work that no service asks for", async () => {
  for (const changed of [{ algorithm: "SHA-256" }, { cost: 1e9 }, { cost: 0 }, { cost: Number.NaN }]) {
    await expect(solve(await captcha(changed))).rejects.toThrow("no such work");
  }
});

test("caches the work of the newest captchas only", async () => {
  const challenge = await captcha();
  for (let number = 0; number < 6; number++) beginWork(`c${number}`, challenge);
  expect(await workOf("c5")).toBe(await solve(challenge));
  await expect(workOf("c1")).rejects.toThrow("no such captcha");
});

test("reports a failure to the caller that waits for the work", async () => {
  beginWork("bad", await captcha({ cost: 0 }));
  await expect(workOf("bad")).rejects.toThrow("no such work");
});
