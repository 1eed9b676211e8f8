/** The receipt on pages of A4, drawn with the phone's own font: names and values, black on white. */

import { A4, type PagePicture } from "./pdf_file.ts";

/** A line of the receipt: a heading, a name with its value, or a remark. */
export type ReceiptLine =
  | { readonly heading: string }
  | { readonly name: string; readonly value: string; readonly isCode?: boolean }
  | { readonly remark: string };

/** Pixels for a point: 144 dots an inch. */
const SCALE = 2;
const MARGIN = 54;
const NAME_WIDTH = 104;
const FAMILY = 'system-ui, "PingFang SC", "Noto Sans SC", "Noto Sans CJK SC", sans-serif';
const MONO = "ui-monospace, monospace";
const QUALITY = 0.9;

/** `foot` stands below each page beside its number. */
export async function drawReceipt(
  title: string,
  lines: readonly ReceiptLine[],
  foot: string,
): Promise<PagePicture[]> {
  const sheet = new Sheet();
  sheet.text(title, { size: 20, weight: 600, gap: 10 });
  for (const line of lines) {
    if ("heading" in line) {
      sheet.rule();
      sheet.text(line.heading, { size: 12, weight: 600, gap: 6 });
    } else if ("remark" in line) {
      sheet.text(line.remark, { size: 9, colour: "#444", gap: 6 });
    } else {
      sheet.row(line.name, line.value, line.isCode ?? false);
    }
  }
  return await sheet.pictures(foot);
}

interface Style {
  readonly size: number;
  readonly weight?: number;
  readonly colour?: string;
  readonly gap: number;
}

class Sheet {
  readonly #pages: CanvasRenderingContext2D[] = [];
  #y = 0;

  constructor() {
    this.#turn();
  }

  text(text: string, { size, weight = 400, colour = "#000", gap }: Style): void {
    const font = `${String(weight)} ${String(size)}px ${FAMILY}`;
    for (const part of this.#wrapped(text, font, A4.width - 2 * MARGIN)) {
      this.#room(size * 1.5);
      this.#write(part, MARGIN, font, colour, size);
      this.#y += size * 1.5;
    }
    this.#y += gap;
  }

  row(name: string, value: string, isCode: boolean): void {
    const [size, step] = [10, 15];
    const font = `400 ${String(size)}px ${isCode ? MONO : FAMILY}`;
    const names = this.#wrapped(name, `400 ${String(size)}px ${FAMILY}`, NAME_WIDTH - 10);
    const values = this.#wrapped(value, font, A4.width - 2 * MARGIN - NAME_WIDTH);
    for (let n = 0; n < Math.max(names.length, values.length); n++) {
      this.#room(step);
      this.#write(names[n] ?? "", MARGIN, `400 ${String(size)}px ${FAMILY}`, "#444", size);
      this.#write(values[n] ?? "", MARGIN + NAME_WIDTH, font, "#000", size);
      this.#y += step;
    }
    this.#y += 4;
  }

  rule(): void {
    this.#room(40);
    this.#y += 6;
    const page = this.#page;
    page.fillStyle = "#999";
    page.fillRect(MARGIN, this.#y, A4.width - 2 * MARGIN, 0.5);
    this.#y += 10;
  }

  async pictures(foot: string): Promise<PagePicture[]> {
    const count = this.#pages.length;
    const pictures = this.#pages.map(async (page, n) => {
      page.font = `400 8px ${FAMILY}`;
      page.fillStyle = "#444";
      page.fillText(`${foot}  ${String(n + 1)} / ${String(count)}`, MARGIN, A4.height - 30);
      const { canvas } = page;
      const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
      if (blob === null) {
        throw new Error("no picture");
      }
      return { jpeg: new Uint8Array(await blob.arrayBuffer()), width: canvas.width, height: canvas.height };
    });
    return await Promise.all(pictures);
  }

  get #page(): CanvasRenderingContext2D {
    return this.#pages.at(-1)!;
  }

  #turn(): void {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [A4.width * SCALE, A4.height * SCALE];
    const page = canvas.getContext("2d", { alpha: false });
    if (page === null) {
      throw new Error("no canvas");
    }
    page.scale(SCALE, SCALE);
    page.fillStyle = "#fff";
    page.fillRect(0, 0, A4.width, A4.height);
    page.textBaseline = "top";
    this.#pages.push(page);
    this.#y = MARGIN;
  }

  #room(height: number): void {
    if (this.#y + height > A4.height - MARGIN) {
      this.#turn();
    }
  }

  #write(text: string, x: number, font: string, colour: string, size: number): void {
    const page = this.#page;
    page.font = font;
    page.fillStyle = colour;
    page.fillText(text, x, this.#y + size * 0.2);
  }

  /** By characters where a word is longer than the line, as Chinese and hexadecimal are. */
  #wrapped(text: string, font: string, width: number): string[] {
    const page = this.#page;
    page.font = font;
    const lines: string[] = [];
    for (const paragraph of text.split("\n")) {
      let line = "";
      for (const part of paragraph.match(/[\u0021-\u024f]{1,24}|\s+|./gsu) ?? []) {
        if (line !== "" && page.measureText(line + part).width > width) {
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
