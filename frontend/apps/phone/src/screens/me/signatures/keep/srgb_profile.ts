/** An ICC profile (version 2.1) of sRGB, with gamma 2.2 for its curve: what the colours of a PDF/A page mean. */

/** The primaries of sRGB and the white point D50, as X, Y and Z relative to D50. */
const PLACES = {
  wtpt: [0.9642, 1, 0.8249],
  rXYZ: [0.4361, 0.2225, 0.0139],
  gXYZ: [0.3851, 0.7169, 0.0971],
  bXYZ: [0.1431, 0.0606, 0.7141],
};
const NAME = "sRGB";
const COPYRIGHT = "No copyright, use freely";
const GAMMA = 2.2;

export function srgbProfile(): Uint8Array {
  const curve = block("curv", [uint32(1), uint16(Math.round(GAMMA * 256))]);
  const named = [uint32(NAME.length + 1), ascii(`${NAME}\0`), new Uint8Array(8 + 2 + 1 + 67)];
  const tags: [string, Uint8Array][] = [
    ["desc", block("desc", named)],
    ["cprt", block("text", [ascii(`${COPYRIGHT}\0`)])],
    ...Object.entries(PLACES).map(([tag, xyz]): [string, Uint8Array] => [tag, block("XYZ ", xyz.map(fixed))]),
    ["rTRC", curve],
    ["gTRC", curve],
    ["bTRC", curve],
  ];
  const start = 128 + 4 + tags.length * 12;
  let at = start;
  const entries = tags.map(([tag, { length }]) => {
    const entry = joined([ascii(tag), uint32(at), uint32(length)]);
    at += length;
    return entry;
  });
  return joined([header(at), uint32(tags.length), ...entries, ...tags.map(([, content]) => content)]);
}

/** Returns the header: a display's profile from RGB to XYZ, made on 2026-12-01. */
function header(size: number): Uint8Array {
  return joined([
    uint32(size),
    new Uint8Array(4),
    uint32(0x0210_0000),
    ascii("mntrRGB XYZ "),
    ...[2026, 12, 1, 0, 0, 0].map(uint16),
    ascii("acsp"),
    new Uint8Array(28),
    ...PLACES.wtpt.map(fixed),
    new Uint8Array(48),
  ]);
}

/** Returns a tag's content of the given type, padded to a multiple of four octets. */
function block(type: string, parts: readonly Uint8Array[]): Uint8Array {
  const content = joined([ascii(type), new Uint8Array(4), ...parts]);
  return joined([content, new Uint8Array((4 - (content.length % 4)) % 4)]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const uint16 = (value: number): Uint8Array => Uint8Array.of(value >>> 8, value & 255);
const uint32 = (value: number): Uint8Array => joined([uint16(value >>> 16), uint16(value & 65_535)]);
const fixed = (value: number): Uint8Array => uint32(Math.round(value * 65_536));
