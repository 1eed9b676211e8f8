/** A QR code as one SVG path, at level Q, which tolerates the mark in its middle (ISO/IEC 18004). */

import { encodeQR } from "qr";

/** Modules of quiet zone around it, as the standard requires. */
export const QUIET = 4;

export interface Drawing {
  /** Modules per side, including the quiet zone. */
  readonly side: number;
  /** Dark modules, one rectangle per run. */
  readonly path: string;
}

/** Draws the code of a text. */
export function draw(text: string): Drawing {
  const rows = encodeQR(text, "raw", { ecc: "quartile", border: QUIET });
  let path = "";
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      const from = x;
      while (row[x]) x++;
      if (x > from) path += `M${from} ${y}h${x - from}v1h-${x - from}z`;
    }
  });
  return { side: rows.length, path };
}

/**
 * Returns the CSS pixels for a code of this many modules: whole pixels per module if that is close to 220.
 */
export function pixels(side: number): number {
  const whole = Math.round(220 / side) * side;
  return whole >= 200 && whole <= 236 ? whole : 220;
}
