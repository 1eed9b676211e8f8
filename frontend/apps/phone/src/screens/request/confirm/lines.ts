/** A document's content in lines to show: markup apart from what it holds, and never more at once than a phone draws. */

import { honest } from "@mshield/look/honest_text.ts";

export interface ShownPart {
  readonly text: string;
  /** Markup, which is shown paler than what it holds. */
  readonly isMarkup: boolean;
}

export interface ShownLine {
  readonly depth: number;
  readonly parts: readonly ShownPart[];
}

const LONGEST = 1000;

export const plain = (text: string): ShownPart => ({ text, isMarkup: false });
export const markup = (text: string): ShownPart => ({ text, isMarkup: true });

/** A text's own lines. */
export function textLines(text: string): ShownLine[] {
  return text.split(/\r\n|\n|\r/).map((line) => ({ depth: 0, parts: [plain(line)] }));
}

/** As they are shown: hidden characters written out, and what is longer than a screen in several. */
export function drawn(lines: readonly ShownLine[]): ShownLine[] {
  return lines.flatMap((line) => {
    const parts = line.parts.map((part) => ({ ...part, text: honest(part.text) }));
    const length = parts.reduce((sum, { text }) => sum + text.length, 0);
    return length <= LONGEST ? [{ ...line, parts }] : parts.flatMap((part) => cut(line.depth, part));
  });
}

function cut(depth: number, { text, isMarkup }: ShownPart): ShownLine[] {
  const characters = [...text];
  const made: ShownLine[] = [];
  for (let at = 0; at < characters.length; at += LONGEST) {
    made.push({ depth, parts: [{ text: characters.slice(at, at + LONGEST).join(""), isMarkup }] });
  }
  return made;
}
