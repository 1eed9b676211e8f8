/** Typing of activation codes: 12 characters in groups of four, without easily confused ones. */

/** Characters of a code: all except 0 and O, 1 and I. */
const LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
export const CODE_LETTERS = 12;
const GROUP = 4;

/** Returns the code characters in a text, at most `CODE_LETTERS`. */
export function lettersOf(text: string): string {
  const capitals = text.normalize("NFKC").toUpperCase();
  return [...capitals]
    .filter((letter) => LETTERS.includes(letter))
    .slice(0, CODE_LETTERS)
    .join("");
}

/** Returns whether the text contains a character that no code has. */
export function hasForeign(text: string): boolean {
  return [...text.normalize("NFKC").toUpperCase()].some((letter) => !`${LETTERS}- `.includes(letter));
}

/** Formats as K7RD-4WX9-2HNM; a hyphen appears once the next group begins. */
export function grouped(letters: string): string {
  return letters.match(new RegExp(`.{1,${GROUP}}`, "g"))?.join("-") ?? "";
}

/** Returns the field's new text and caret position after an input. */
export function typed(text: string, caret: number): { readonly text: string; readonly caret: number } {
  const letters = lettersOf(text);
  const before = Math.min(lettersOf(text.slice(0, caret)).length, letters.length);
  return { text: grouped(letters), caret: grouped(letters.slice(0, before)).length };
}
