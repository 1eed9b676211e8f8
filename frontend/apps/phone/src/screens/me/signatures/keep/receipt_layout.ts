/** Arrangement of a receipt on A4 pages: names and values, black on white. Computed without a canvas. */

import { A4, type PageText } from "./pdf_file.ts";

/**
 * A line of the receipt: a heading, a name with its value, or a remark. `isTheirs` marks the business system's
 * words, beside which the page has a dashed edge.
 */
export type ReceiptLine = { readonly isTheirs?: boolean } & (
  | { readonly heading: string }
  | { readonly name: string; readonly value: string; readonly isCode?: boolean; readonly isLarge?: boolean }
  | { readonly remark: string }
);

/** A text as it is to be drawn; `font` and `colour` are those of a canvas. */
export interface DrawnText extends PageText {
  readonly font: string;
  readonly colour: string;
}

/** A page: its texts, and its lines from left to right or from top to bottom. */
export interface ReceiptSheet {
  readonly texts: readonly DrawnText[];
  readonly rules: readonly { readonly x: number; readonly y: number; readonly width: number }[];
  readonly dashes: readonly { readonly x: number; readonly from: number; readonly to: number }[];
}

/** Returns the width in points of a text in a font of a canvas. */
export type Measure = (text: string, font: string) => number;

const MARGIN = 54;
const NAME_WIDTH = 104;
const WIDTH = A4.width - 2 * MARGIN;
const FAMILY = 'system-ui, "PingFang SC", "Noto Sans SC", "Noto Sans CJK SC", sans-serif';
const MONO = "ui-monospace, monospace";
/** Distance of the baseline from the top of a line, as a part of the font's size. */
const BASELINE = 1.1;

/** Arranges the lines; `foot` is below each page, beside its number. */
export function layOutReceipt(
  title: string,
  lines: readonly ReceiptLine[],
  foot: string,
  measure: Measure,
): ReceiptSheet[] {
  const layout = new Layout(measure);
  layout.text(title, { size: 20, weight: 600, gap: 10 });
  for (const line of lines) {
    layout.isTheirs = line.isTheirs ?? false;
    if ("heading" in line) {
      layout.rule();
      layout.text(line.heading, { size: 12, weight: 600, gap: 6 });
    } else if ("remark" in line) {
      layout.text(line.remark, { size: 9, colour: "#444", gap: 6 });
    } else {
      layout.row(line.name, line.value, line);
    }
  }
  return layout.finish(foot);
}

interface Style {
  readonly size: number;
  readonly weight?: number;
  readonly colour?: string;
  readonly gap: number;
}

interface OpenSheet {
  readonly texts: DrawnText[];
  readonly rules: ReceiptSheet["rules"][number][];
  readonly dashes: ReceiptSheet["dashes"][number][];
}

class Layout {
  isTheirs = false;
  readonly #sheets: OpenSheet[] = [];
  readonly #measure: Measure;
  #y = 0;

  constructor(measure: Measure) {
    this.#measure = measure;
    this.#turn();
  }

  text(text: string, { size, weight = 400, colour = "#000", gap }: Style): void {
    const font = fontOf(size, { weight });
    for (const part of this.#wrapped(text, font, WIDTH)) {
      this.#room(size * 1.5);
      this.#write(part, MARGIN, { font, colour, size });
      this.#advance(size * 1.5);
    }
    this.#advance(gap);
  }

  row(
    name: string,
    value: string,
    { isCode = false, isLarge = false }: { isCode?: boolean; isLarge?: boolean },
  ): void {
    const nameStyle = { size: 10, font: fontOf(10), colour: "#444" };
    const size = isLarge ? 14 : 10;
    const valueStyle = {
      size,
      font: fontOf(size, { isCode, weight: isLarge ? 600 : 400 }),
      colour: "#000",
    };
    const names = this.#wrapped(name, nameStyle.font, NAME_WIDTH - 10);
    const values = this.#wrapped(value, valueStyle.font, WIDTH - NAME_WIDTH);
    for (let n = 0; n < Math.max(names.length, values.length); n++) {
      this.#room(size * 1.5);
      this.#write(names[n] ?? "", MARGIN, nameStyle, size);
      this.#write(values[n] ?? "", MARGIN + NAME_WIDTH, valueStyle);
      this.#advance(size * 1.5);
    }
    this.#advance(4);
  }

  rule(): void {
    this.#room(40);
    this.#y += 6;
    this.#sheet.rules.push({ x: MARGIN, y: this.#y, width: WIDTH });
    this.#y += 10;
  }

  /** Returns the sheets, each with the foot and its number. */
  finish(foot: string): ReceiptSheet[] {
    const style = { size: 8, font: fontOf(8), colour: "#444" };
    return this.#sheets.map((sheet, n) => {
      const text = `${foot}  ${String(n + 1)} / ${String(this.#sheets.length)}`;
      const place = { x: MARGIN, baseline: A4.height - 22, width: this.#measure(text, style.font) };
      return { ...sheet, texts: [...sheet.texts, { text, ...place, ...style }] };
    });
  }

  get #sheet(): OpenSheet {
    return this.#sheets.at(-1)!;
  }

  #turn(): void {
    this.#sheets.push({ texts: [], rules: [], dashes: [] });
    this.#y = MARGIN;
  }

  #room(height: number): void {
    if (this.#y + height > A4.height - MARGIN) {
      this.#turn();
    }
  }

  #advance(height: number): void {
    if (this.isTheirs) {
      this.#sheet.dashes.push({ x: MARGIN - 8, from: this.#y, to: this.#y + height });
    }
    this.#y += height;
  }

  /** Writes at the present height; `beside` is the size of a larger text whose baseline it shares. */
  #write(text: string, x: number, style: Pick<DrawnText, "font" | "colour" | "size">, beside?: number): void {
    if (text !== "") {
      const baseline = this.#y + (beside ?? style.size) * BASELINE;
      this.#sheet.texts.push({ text, x, baseline, width: this.#measure(text, style.font), ...style });
    }
  }

  /** Wraps a text; breaks within a word that is longer than the line, as in Chinese and hexadecimal. */
  #wrapped(text: string, font: string, width: number): string[] {
    const lines: string[] = [];
    for (const paragraph of text.split("\n")) {
      let line = "";
      for (const part of paragraph.match(/[\u0021-\u024f]{1,24}|\s+|./gsu) ?? []) {
        if (line !== "" && this.#measure(line + part, font) > width) {
          lines.push(line.trimEnd());
          line = part.trimStart();
        } else {
          line += part;
        }
      }
      lines.push(line.trimEnd());
    }
    return lines;
  }
}

function fontOf(size: number, { weight = 400, isCode = false } = {}): string {
  return `${String(weight)} ${String(size)}px ${isCode ? MONO : FAMILY}`;
}
