/** A captcha: its work, in progress, and its picture and audio if a person must answer. */

import { beginWork, type Challenge, workOf } from "@mshield/work";

export interface Captcha {
  readonly id: string;
  /** Address of its picture; null if the work is enough. */
  readonly picture: string | null;
  /** Address of the same captcha as audio. */
  readonly sound: string;
}

interface Made {
  readonly captcha_id: string;
  readonly image_b64: string | null;
  readonly challenge: Challenge;
}

/** Reads a new captcha and begins its work; `path` is the address of the audience's captchas. */
export function readCaptcha(answer: Made, path: string): Captcha {
  beginWork(answer.captcha_id, answer.challenge);
  return {
    id: answer.captcha_id,
    picture: answer.image_b64 === null ? null : `data:image/png;base64,${answer.image_b64}`,
    sound: `${path}/${encodeURIComponent(answer.captcha_id)}/audio`,
  };
}

/**
 * Returns the captcha fields of a call, once the proof of work is done. `answer` is empty if there was no
 * picture to read.
 */
export async function solveCaptcha(
  id: string,
  answer: string,
): Promise<{ captcha_id: string; captcha: string; work: string }> {
  return { captcha_id: id, captcha: answer.trim(), work: await workOf(id) };
}
