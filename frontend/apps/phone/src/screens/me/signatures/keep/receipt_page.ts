/** The receipt's pages as images, drawn with the phone's own font, with the text in each. */

import { A4, type PagePicture } from "./pdf_file.ts";
import { layOutReceipt, type ReceiptLine, type ReceiptSheet } from "./receipt_layout.ts";

/** Pixels per point, which gives 180 dpi. */
const SCALE = 2.5;
const QUALITY = 0.9;

/**
 * Draws the pages one after the other on the same canvas, which needs 12 MB; `foot` is below each page, beside
 * its number.
 */
export async function drawReceipt(
  title: string,
  lines: readonly ReceiptLine[],
  foot: string,
): Promise<PagePicture[]> {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(A4.width * SCALE), A4.height * SCALE];
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) {
    throw new Error("no canvas");
  }
  context.scale(SCALE, SCALE);
  const sheets = layOutReceipt(title, lines, foot, (text, font) => {
    context.font = font;
    return context.measureText(text).width;
  });
  const pictures: PagePicture[] = [];
  for (const sheet of sheets) {
    draw(context, sheet);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    if (blob === null) {
      throw new Error("no picture");
    }
    const { width, height } = canvas;
    pictures.push({ jpeg: new Uint8Array(await blob.arrayBuffer()), width, height, texts: sheet.texts });
  }
  return pictures;
}

function draw(context: CanvasRenderingContext2D, { texts, rules, dashes }: ReceiptSheet): void {
  context.fillStyle = "#fff";
  context.fillRect(0, 0, A4.width, A4.height);
  context.fillStyle = "#999";
  for (const { x, y, width } of rules) {
    context.fillRect(x, y, width, 0.5);
  }
  context.setLineDash([4, 3]);
  context.strokeStyle = "#000";
  context.lineWidth = 1;
  for (const { x, from, to } of dashes) {
    context.lineDashOffset = from;
    context.beginPath();
    context.moveTo(x, from);
    context.lineTo(x, to);
    context.stroke();
  }
  for (const { text, x, baseline, font, colour } of texts) {
    context.font = font;
    context.fillStyle = colour;
    context.fillText(text, x, baseline);
  }
}
