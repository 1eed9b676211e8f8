/** Texts as they are compared (views, section 7): widths, spaces and case alike. One code unit stays one. */

const TO_FOLD = /[\t\u00a0\u3000\uff01-\uff5e\uffe5A-Z]/g;
const SPACES = /[ \n\r]/g;
/** ASCII's punctuation but the dollar, that of Chinese, and ends of lines. */
const BREAK_CHARACTERS = "!\"#%&'()*+,-./:;<=>?@[\\]^_`{|}~、。《》“”‘’【】「」〔〕·—…\n\r";
export const BREAKS: ReadonlySet<string> = new Set(BREAK_CHARACTERS);
const SQUASHED = new RegExp(`[ ${BREAK_CHARACTERS.replaceAll(/[\\\]^-]/g, "\\$&")}]`, "g");

export const fold = (text: string): string => text.replaceAll(TO_FOLD, folded);

/** Of a folded text: without space, LF and CR. */
export const tightened = (text: string): string => text.replaceAll(SPACES, "");

/** Of a folded text: without spaces and breaks. */
export const squashed = (text: string): string => text.replaceAll(SQUASHED, "");

export const tight = (text: string): string => tightened(fold(text));

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
