/**
 * A PDF/A-3u (ISO 19005-3) whose pages are images with their text behind, and one attached file. The phone has
 * drawn the images with its own font, so none is embedded but one of empty glyphs, for the text.
 */

import { EmptyFont } from "./empty_font.ts";
import { srgbProfile } from "./srgb_profile.ts";

/** A text on a page, in points from the top left; `baseline` is the height of its baseline. */
export interface PageText {
  readonly text: string;
  readonly x: number;
  readonly baseline: number;
  readonly size: number;
  readonly width: number;
}

/** A page's image, a baseline colour JPEG with its size in pixels, and the text in it. */
export interface PagePicture {
  readonly jpeg: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly texts: readonly PageText[];
}

export interface Attached {
  /** ASCII. */
  readonly name: string;
  /** Media type as a PDF name: `application#2Fjson`. */
  readonly subtype: string;
  /** What it is, in the document's language. */
  readonly description: string;
  readonly content: Uint8Array;
}

export interface About {
  readonly title: string;
  /** BCP 47. */
  readonly language: string;
  /** In ms. */
  readonly createdAt: number;
  /** Identifier of the file: 32 hexadecimal digits. */
  readonly id: string;
}

/** A4 in points. */
export const A4 = { width: 595, height: 842 };
const PRODUCER = "Mobile Shield";
const encoder = new TextEncoder();

type PdfObject = readonly [dictionary: string, stream?: Uint8Array];

/** Creates a PDF/A-3u. Each page fills A4; `title` is the title in viewers. */
export function pdfOf(
  pages: readonly PagePicture[],
  attached: Attached,
  { title, language, createdAt, id }: About,
): Uint8Array<ArrayBuffer> {
  const font = new EmptyFont(pages.flatMap(({ texts }) => texts.map(({ text }) => text)));
  const { name, subtype, content, description } = attached;
  const [file, profile] = [font.file(), srgbProfile()];
  const about = xmp({ title, createdAt });
  const unicode = encoder.encode(font.toUnicode());
  const firstPage = 13;
  const kids = pages.map((_, n) => `${String(firstPage + n * 3)} 0 R`).join(" ");
  const date = dateOf(createdAt);
  const objects: PdfObject[] = [
    [
      `<< /Type /Catalog /Pages 2 0 R /Lang (${language}) /PageMode /UseNone /ViewerPreferences << /DisplayDocTitle true >> ` +
        `/Metadata 6 0 R /OutputIntents [<< /Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB) ` +
        `/Info (sRGB IEC61966-2.1) /DestOutputProfile 7 0 R >>] ` +
        `/Names << /EmbeddedFiles << /Names [(${name}) 4 0 R] >> >> /AF [4 0 R] >>`,
    ],
    [`<< /Type /Pages /Count ${String(pages.length)} /Kids [${kids}] >>`],
    [`<< /Title ${utf16(title)} /CreationDate (${date}) /ModDate (${date}) /Producer (${PRODUCER}) >>`],
    [
      `<< /Type /Filespec /F (${name}) /UF (${name}) /Desc ${utf16(description)} /AFRelationship /Data ` +
        `/EF << /F 5 0 R /UF 5 0 R >> >>`,
    ],
    stream(
      `/Type /EmbeddedFile /Subtype /${subtype} /Params << /Size ${String(content.length)} /ModDate (${date}) >>`,
      content,
    ),
    stream("/Type /Metadata /Subtype /XML", about),
    stream("/N 3", profile),
    [
      `<< /Type /Font /Subtype /Type0 /BaseFont /${font.name} /Encoding /Identity-H /DescendantFonts [9 0 R] ` +
        `/ToUnicode 12 0 R >>`,
    ],
    [
      `<< /Type /Font /Subtype /CIDFontType2 /BaseFont /${font.name} /CIDToGIDMap /Identity /DW ${String(font.width)} ` +
        `/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor 10 0 R >>`,
    ],
    [
      `<< /Type /FontDescriptor /FontName /${font.name} /Flags 5 /FontBBox [0 -120 ${String(font.width)} 880] ` +
        `/ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 80 /FontFile2 11 0 R >>`,
    ],
    stream(`/Length1 ${String(file.length)}`, file),
    stream("", unicode),
  ];
  pages.forEach(({ jpeg, width, height, texts }, n) => {
    const at = firstPage + n * 3;
    const drawing = encoder.encode(
      `q ${String(A4.width)} 0 0 ${String(A4.height)} 0 0 cm /P Do Q\n${textLayer(texts, font)}`,
    );
    objects.push(
      [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${String(A4.width)} ${String(A4.height)}] ` +
          `/Resources << /XObject << /P ${String(at + 2)} 0 R >> /Font << /T 8 0 R >> >> /Contents ${String(at + 1)} 0 R >>`,
      ],
      stream("", drawing),
      stream(
        `/Type /XObject /Subtype /Image /Width ${String(width)} /Height ${String(height)} /ColorSpace /DeviceRGB ` +
          `/BitsPerComponent 8 /Filter /DCTDecode`,
        jpeg,
      ),
    );
  });
  return written(objects, id);
}

const stream = (entries: string, content: Uint8Array): PdfObject => [
  `<< ${entries} /Length ${String(content.length)} >>`,
  content,
];

/** Writes the objects, numbered from 1: the catalog first, the document's information third. */
function written(objects: readonly PdfObject[], id: string): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [encoder.encode("%PDF-1.7\n%\u00e2\u00e3\n")];
  const offsets: number[] = [];
  let length = parts[0]!.length;
  const put = (bytes: Uint8Array): void => {
    parts.push(bytes);
    length += bytes.length;
  };
  objects.forEach(([dictionary, content], n) => {
    offsets.push(length);
    put(encoder.encode(`${String(n + 1)} 0 obj\n${dictionary}\n`));
    if (content) {
      put(encoder.encode("stream\n"));
      put(content);
      put(encoder.encode("\nendstream\n"));
    }
    put(encoder.encode("endobj\n"));
  });
  const lines = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  const size = String(objects.length + 1);
  put(
    encoder.encode(
      `xref\n0 ${size}\n0000000000 65535 f \n${lines}` +
        `trailer\n<< /Size ${size} /Root 1 0 R /Info 3 0 R /ID [<${id}> <${id}>] >>\nstartxref\n${String(length)}\n%%EOF\n`,
    ),
  );
  const file = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** Returns the page's text as invisible text (rendering mode 3), each as wide as it was drawn. */
function textLayer(texts: readonly PageText[], font: EmptyFont): string {
  const shown = texts.filter(({ text }) => text !== "");
  const lines = shown.map(({ text, x, baseline, size, width }) => {
    const natural = ([...text].length * font.width * size) / 1000;
    const place = `1 0 0 1 ${decimal(x)} ${decimal(A4.height - baseline)} Tm`;
    return `/T ${decimal(size)} Tf ${decimal((100 * width) / natural)} Tz ${place} <${font.encode(text)}> Tj\n`;
  });
  return `BT 3 Tr\n${lines.join("")}ET\n`;
}

const decimal = (value: number): string => String(Number(value.toFixed(3)));

/** Returns the XMP metadata: title, producer and time as in the document's information, and the profile. */
function xmp({ title, createdAt }: Pick<About, "title" | "createdAt">): Uint8Array {
  const when = `${new Date(createdAt).toISOString().slice(0, 19)}Z`;
  return encoder.encode(
    `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<pdfaid:part>3</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">${escaped(title)}</rdf:li></rdf:Alt></dc:title>
<xmp:CreateDate>${when}</xmp:CreateDate><xmp:ModifyDate>${when}</xmp:ModifyDate><pdf:Producer>${PRODUCER}</pdf:Producer>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>`,
  );
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Encodes a text as a hexadecimal UTF-16 string with byte order mark. */
function utf16(text: string): string {
  const units = Array.from({ length: text.length }, (_, n) =>
    text.charCodeAt(n).toString(16).padStart(4, "0"),
  );
  return `<feff${units.join("")}>`;
}

function dateOf(ms: number): string {
  return `D:${new Date(ms).toISOString().replaceAll(/[-:T]/g, "").slice(0, 14)}Z`;
}
