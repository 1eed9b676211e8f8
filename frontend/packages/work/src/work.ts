/**
 * The work of a captcha, which a page does unseen: it begins when the captcha comes, while a person reads the picture,
 * and is there when the call is made that needs it.
 */

import { solveChallenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/web/pbkdf2";
import type { Challenge } from "altcha-lib/types";

export type { Challenge };

const ALGORITHM = "PBKDF2/SHA-256";
const MOST_ROUNDS = 100_000;
/** Captchas whose work is kept: the present one, and those that others have just replaced. */
const KEPT = 4;
const begun = new Map<string, Promise<string>>();

/** Begins the work of a captcha. */
export function beginWork(captchaId: string, challenge: Challenge): void {
  const work = solve(challenge);
  // Whoever needs it is told; nobody needs that of a captcha which another has replaced.
  work.catch(() => undefined);
  begun.set(captchaId, work);
  for (const id of [...begun.keys()].slice(0, -KEPT)) begun.delete(id);
}

/** The solution to send along with the captcha's id, once it is there. Rejects where it can't be. */
export async function workOf(captchaId: string): Promise<string> {
  const work = begun.get(captchaId);
  if (work === undefined) throw new Error("no such captcha");
  return await work;
}

/** The challenge with its solution, as ALTCHA writes them. The browser computes beside the page's own thread. */
export async function solve(challenge: Challenge): Promise<string> {
  const { algorithm, cost } = challenge.parameters;
  if (algorithm !== ALGORITHM || !(cost > 0 && cost <= MOST_ROUNDS)) throw new Error("no such work");
  const solution = await solveChallenge({ challenge, deriveKey });
  if (solution === null) throw new Error("the work took too long");
  // Without the time that it took: a call that is repeated says the same.
  const { counter, derivedKey } = solution;
  return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
}
