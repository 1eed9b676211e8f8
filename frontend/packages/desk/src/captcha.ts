/** A captcha: its work, under way, and its picture and sound where a person must answer. */

import { beginWork, type Challenge, workOf } from "@mshield/work";

export interface Captcha {
  readonly id: string;
  /** Address of its picture; null where the work is enough. */
  readonly picture: string | null;
  /** Address of the same characters, spoken. */
  readonly sound: string;
}

interface Made {
  readonly captcha_id: string;
  readonly image_b64: string | null;
  readonly challenge: Challenge;
}

/** What was answered as a captcha; `path` is where the audience's captchas stand. */
export function readCaptcha(answer: Made, path: string): Captcha {
  beginWork(answer.captcha_id, answer.challenge);
  return {
    id: answer.captcha_id,
    picture: answer.image_b64 === null ? null : `data:image/png;base64,${answer.image_b64}`,
    sound: `${path}/${encodeURIComponent(answer.captcha_id)}/audio`,
  };
}

/** What a call shows for a captcha, once its work is done; `answer` is empty where nothing was to be read. */
export async function shownCaptcha(
  id: string,
  answer: string,
): Promise<{ captcha_id: string; captcha: string; work: string }> {
  return { captcha_id: id, captcha: answer.trim(), work: await workOf(id) };
}
