/** A captcha as picture and as sound. */

export interface Captcha {
  readonly id: string;
  /** Address of its picture. */
  readonly picture: string;
  /** Address of the same characters, spoken. */
  readonly sound: string;
}

interface Made {
  readonly captcha_id: string;
  readonly image_b64: string;
}

/** What was answered as a captcha; `path` is where the audience's captchas stand. */
export function readCaptcha(made: Made, path: string): Captcha {
  return {
    id: made.captcha_id,
    picture: `data:image/png;base64,${made.image_b64}`,
    sound: `${path}/${encodeURIComponent(made.captcha_id)}/audio`,
  };
}
