/**
 * Proof of work of a captcha, done in the background: it begins when the captcha arrives, while the user
 * reads the picture, and is ready by the time of the call that needs it.
 */

import { solveChallenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/web/pbkdf2";
import type { Challenge } from "altcha-lib/types";

export type { Challenge };

const ALGORITHM = "PBKDF2/SHA-256";
const MOST_ROUNDS = 100_000;
/** Number of captchas whose work is cached: the present one, and those recently replaced. */
const MAX_CACHED = 4;
const begun = new Map<string, Promise<string>>();

export function beginWork(captchaId: string, challenge: Challenge): void {
  const work = solve(challenge);
  // The caller of `workOf` gets the error; the work of a captcha that has been replaced has no caller.
  work.catch(() => undefined);
  begun.set(captchaId, work);
  for (const id of [...begun.keys()].slice(0, -MAX_CACHED)) begun.delete(id);
}

/** Returns the solution to send with the captcha's id, once it is ready. Rejects if there is none. */
export async function workOf(captchaId: string): Promise<string> {
  const work = begun.get(captchaId);
  if (work === undefined) throw new Error("no such captcha");
  return await work;
}

/**
 * Returns the challenge with its solution, in ALTCHA's format. The browser computes off the page's thread.
 */
export async function solve(challenge: Challenge): Promise<string> {
  const { algorithm, cost } = challenge.parameters;
  if (algorithm !== ALGORITHM || !(cost > 0 && cost <= MOST_ROUNDS)) throw new Error("no such work");
  const solution = await solveChallenge({ challenge, deriveKey });
  if (solution === null) throw new Error("the work took too long");
  // Without the time it took, so that a repeated call sends the same body.
  const { counter, derivedKey } = solution;
  return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
}
