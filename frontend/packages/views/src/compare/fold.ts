/**
 * Folding of texts for comparison (views, section 7): widths, spaces and case become alike. Each code unit
 * stays one unit.
 */

const TO_FOLD = /[\t\u00a0\u3000\uff01-\uff5e\uffe5A-Z]/g;
const SPACES = /[ \n\r]/g;
/** ASCII punctuation except the dollar, Chinese punctuation, and line ends. */
const BREAK_CHARACTERS = "!\"#%&'()*+,-./:;<=>?@[\\]^_`{|}~、。《》“”‘’【】「」〔〕·—…\n\r";
export const BREAKS: ReadonlySet<string> = new Set(BREAK_CHARACTERS);
const SQUASHED = new RegExp(`[ ${BREAK_CHARACTERS.replaceAll(/[\\\]^-]/g, "\\$&")}]`, "g");

export const fold = (text: string): string => text.replaceAll(TO_FOLD, folded);

/** Removes space, LF and CR from a folded text. */
export const removeSpaces = (text: string): string => text.replaceAll(SPACES, "");

/** Removes spaces and breaks from a folded text. */
export const removeBreaks = (text: string): string => text.replaceAll(SQUASHED, "");

export const foldWithoutSpaces = (text: string): string => removeSpaces(fold(text));

function folded(character: string): string {
  const code = character.charCodeAt(0);
  if (code === 0xffe5) {
    return "¥";
  }
  if (code < 0x21 || code === 0xa0 || code === 0x3000) {
    return " ";
  }
  return String.fromCharCode(code >= 0xff01 ? code - 0xfee0 : code).toLowerCase();
}
