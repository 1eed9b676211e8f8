/** Text helpers. White space is space, tab, CR and LF only; lengths are in code points. */

/** Returns the text without white space at both ends. */
export function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isWhite(text.charCodeAt(start))) {
    start++;
  }
  while (end > start && isWhite(text.charCodeAt(end - 1))) {
    end--;
  }
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

export const isBlank = (text: string): boolean => trimmed(text) === "";

export const isWhite = (unit: number): boolean =>
  unit === 0x20 || unit === 0x0a || unit === 0x09 || unit === 0x0d;

/** Returns the number of code points. */
export function lengthOf(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at++) {
    if (isHigh(text.charCodeAt(at))) {
      length--;
    }
  }
  return length;
}

/** Reports whether a text has more code points than the limit; fast for a text of any length. */
export const isLonger = (text: string, limit: number): boolean =>
  text.length > limit && (text.length > 2 * limit || lengthOf(text) > limit);

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
