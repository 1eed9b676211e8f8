/** An activation code as it is typed: 12 letters in groups of four, none of those that are misread. */

/** Without 0 and O, 1 and I. */
const LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
export const CODE_LETTERS = 12;
const GROUP = 4;

/** The code's letters in a text, at most as many as there are. */
export function lettersOf(text: string): string {
  const capitals = text.normalize("NFKC").toUpperCase();
  return [...capitals]
    .filter((letter) => LETTERS.includes(letter))
    .slice(0, CODE_LETTERS)
    .join("");
}

/** Whether something was typed that no code has. */
export function hasForeign(text: string): boolean {
  return [...text.normalize("NFKC").toUpperCase()].some((letter) => !`${LETTERS}- `.includes(letter));
}

/** K7RD-4WX9-2HNM; a hyphen stands once the next group begins. */
export function grouped(letters: string): string {
  return letters.match(new RegExp(`.{1,${GROUP}}`, "g"))?.join("-") ?? "";
}

/** What stands in the field after something was typed, and the place of the caret in it. */
export function typed(text: string, caret: number): { readonly text: string; readonly caret: number } {
  const letters = lettersOf(text);
  const before = Math.min(lettersOf(text.slice(0, caret)).length, letters.length);
  return { text: grouped(letters), caret: grouped(letters.slice(0, before)).length };
}
