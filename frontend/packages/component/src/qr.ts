/** A QR code as one SVG path: level Q, which bears the mark in its middle (ISO/IEC 18004). */

import { encodeQR } from "qr";

/** Modules of white around it, as the standard asks. */
export const QUIET = 4;

export interface Drawing {
  /** Modules of a side, quiet zone included. */
  readonly side: number;
  /** Dark modules, one rectangle per run. */
  readonly path: string;
}

/** The code of a text. */
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

/** CSS pixels for a code of this many modules: whole pixels per module where that comes near to 220. */
export function pixels(side: number): number {
  const whole = Math.round(220 / side) * side;
  return whole >= 200 && whole <= 236 ? whole : 220;
}
