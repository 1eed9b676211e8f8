/**
 * A TrueType font of empty glyphs, one for each character of a document, all of the same width: the font of text
 * behind an image, which viewers search, copy and read aloud.
 */

/** Units per em. */
const EM = 1000;
/** Characters per `bfchar` block of a CMap, at most. */
const BLOCK = 100;

export class EmptyFont {
  readonly name = "MobileShieldText";
  /** Advance of each glyph. */
  readonly width = EM / 2;
  readonly #glyphs: ReadonlyMap<string, number>;

  /** Takes all texts of the document; throws a RangeError if they have more than 65 534 different characters. */
  constructor(texts: readonly string[]) {
    const characters = [...new Set(texts.flatMap((text) => [...text]))];
    if (characters.length > 65_534) {
      throw new RangeError("too many characters");
    }
    this.#glyphs = new Map(characters.map((character, n) => [character, n + 1]));
  }

  /** Returns the text's glyph numbers in hexadecimal. */
  encode(text: string): string {
    return Array.from(text, (character) => hex16(this.#glyphs.get(character) ?? 0)).join("");
  }

  /** Returns the CMap from glyph numbers to Unicode. */
  toUnicode(): string {
    const lines = Array.from(this.#glyphs, ([character, glyph]) => {
      const units = Array.from({ length: character.length }, (_, n) => hex16(character.charCodeAt(n)));
      return `<${hex16(glyph)}> <${units.join("")}>`;
    });
    const blocks = Array.from({ length: Math.ceil(lines.length / BLOCK) }, (_, n) => {
      const block = lines.slice(n * BLOCK, (n + 1) * BLOCK);
      return `${String(block.length)} beginbfchar\n${block.join("\n")}\nendbfchar\n`;
    });
    return `/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <ffff>
endcodespacerange
${blocks.join("")}endcmap
CMapName currentdict /CMap defineresource pop
end
end
`;
  }

  /** Returns the font file. */
  file(): Uint8Array {
    const glyphs = this.#glyphs.size + 1;
    const head = [1, 0, 1, 0, 0, 0, 0x5f0f, 0x3cf5, 0, EM, 0, 0, 0, 0, 0, 0, 0, 0, 0, -120, this.width, 880];
    return sfnt([
      ["glyf", words([0, 0])],
      ["head", words([...head, 0, 8, 2, 0, 0])],
      ["hhea", words([1, 0, 880, -120, 0, this.width, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1])],
      ["hmtx", words([this.width, 0, ...zeros(glyphs - 1)])],
      ["loca", words(zeros(glyphs + 1))],
      ["maxp", words([1, 0, glyphs, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])],
    ]);
  }
}

const hex16 = (value: number): string => value.toString(16).padStart(4, "0");

const zeros = (length: number): number[] => Array.from({ length }, () => 0);

/** Encodes 16-bit values, big-endian. */
function words(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 2));
  values.forEach((value, n) => view.setInt16(n * 2, value));
  return new Uint8Array(view.buffer);
}

const padded = (length: number): number => Math.ceil(length / 4) * 4;

/** Joins tables, given in the order of their tags, to a TrueType file. */
function sfnt(tables: readonly (readonly [tag: string, content: Uint8Array])[]): Uint8Array {
  const start = 12 + tables.length * 16;
  const total = tables.reduce((sum, [, { length }]) => sum + padded(length), start);
  const file = new Uint8Array(total);
  const view = new DataView(file.buffer);
  const power = 2 ** Math.floor(Math.log2(tables.length));
  view.setUint32(0, 0x0001_0000);
  [tables.length, power * 16, Math.log2(power), (tables.length - power) * 16].forEach((value, n) => {
    view.setUint16(4 + n * 2, value);
  });
  let at = start;
  tables.forEach(([tag, content], n) => {
    const entry = 12 + n * 16;
    file.set(new TextEncoder().encode(tag), entry);
    file.set(content, at);
    view.setUint32(entry + 4, sumOf(view, at, padded(content.length)));
    view.setUint32(entry + 8, at);
    view.setUint32(entry + 12, content.length);
    at += padded(content.length);
  });
  const headAt = view.getUint32(12 + tables.findIndex(([tag]) => tag === "head") * 16 + 8);
  view.setUint32(headAt + 8, (0xb1b0_afba - sumOf(view, 0, total)) >>> 0);
  return file;
}

/** Returns the checksum of TrueType over `length` octets from `start`, a multiple of four. */
function sumOf(view: DataView, start: number, length: number): number {
  let sum = 0;
  for (let at = start; at < start + length; at += 4) {
    sum = (sum + view.getUint32(at)) >>> 0;
  }
  return sum;
}
