/**
 * A PDF of pages that are pictures (PDF 1.7, ISO 32000-1), with one file attached: no font has to be embedded, as the
 * phone has drawn the text with its own.
 */

/** A page's picture: a baseline JPEG in colour, and its size in pixels. */
export interface PagePicture {
  readonly jpeg: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface Attached {
  /** ASCII. */
  readonly name: string;
  /** As the standard writes a media type in a name: `application#2Fjson`. */
  readonly subtype: string;
  readonly content: Uint8Array;
}

/** A4 in points. */
export const A4 = { width: 595, height: 842 };
const encoder = new TextEncoder();

/** Each page fills A4; `title` is what viewers show, in `language` (BCP 47); `createdAt` in ms. */
export function pdfOf(
  pages: readonly PagePicture[],
  attached: Attached,
  { title, language, createdAt }: { title: string; language: string; createdAt: number },
): Uint8Array<ArrayBuffer> {
  const { name, subtype, content } = attached;
  const [first, last] = [6, 6 + pages.length * 3];
  const kids = pages.map((_, n) => `${String(first + n * 3)} 0 R`).join(" ");
  const objects: (readonly [dictionary: string, stream?: Uint8Array])[] = [
    [
      `<< /Type /Catalog /Pages 2 0 R /Lang (${language}) /PageMode /UseNone /ViewerPreferences << /DisplayDocTitle true >> ` +
        `/Names << /EmbeddedFiles << /Names [(${name}) 4 0 R] >> >> /AF [4 0 R] >>`,
    ],
    [`<< /Type /Pages /Count ${String(pages.length)} /Kids [${kids}] >>`],
    [`<< /Title ${utf16(title)} /CreationDate (${dateOf(createdAt)}) /Producer (Mobile Shield) >>`],
    [`<< /Type /Filespec /F (${name}) /UF (${name}) /AFRelationship /Data /EF << /F 5 0 R >> >>`],
    [
      `<< /Type /EmbeddedFile /Subtype /${subtype} /Params << /Size ${String(content.length)} >> /Length ${String(content.length)} >>`,
      content,
    ],
  ];
  pages.forEach(({ jpeg, width, height }, n) => {
    const at = first + n * 3;
    const drawing = encoder.encode(`q ${String(A4.width)} 0 0 ${String(A4.height)} 0 0 cm /P Do Q`);
    objects.push(
      [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${String(A4.width)} ${String(A4.height)}] ` +
          `/Resources << /XObject << /P ${String(at + 2)} 0 R >> >> /Contents ${String(at + 1)} 0 R >>`,
      ],
      [`<< /Length ${String(drawing.length)} >>`, drawing],
      [
        `<< /Type /XObject /Subtype /Image /Width ${String(width)} /Height ${String(height)} /ColorSpace /DeviceRGB ` +
          `/BitsPerComponent 8 /Filter /DCTDecode /Length ${String(jpeg.length)} >>`,
        jpeg,
      ],
    );
  });
  const parts: Uint8Array[] = [encoder.encode("%PDF-1.7\n%\u00e2\u00e3\n")];
  const offsets: number[] = [];
  let length = parts[0]!.length;
  const put = (bytes: Uint8Array): void => {
    parts.push(bytes);
    length += bytes.length;
  };
  objects.forEach(([dictionary, stream], n) => {
    offsets.push(length);
    put(encoder.encode(`${String(n + 1)} 0 obj\n${dictionary}\n`));
    if (stream) {
      put(encoder.encode("stream\n"));
      put(stream);
      put(encoder.encode("\nendstream\n"));
    }
    put(encoder.encode("endobj\n"));
  });
  const lines = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  put(
    encoder.encode(
      `xref\n0 ${String(last)}\n0000000000 65535 f \n${lines}` +
        `trailer\n<< /Size ${String(last)} /Root 1 0 R /Info 3 0 R >>\nstartxref\n${String(length)}\n%%EOF\n`,
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

/** A text string of any script, as hexadecimal UTF-16 with its mark. */
function utf16(text: string): string {
  const units = Array.from({ length: text.length }, (_, n) =>
    text.charCodeAt(n).toString(16).padStart(4, "0"),
  );
  return `<feff${units.join("")}>`;
}

function dateOf(ms: number): string {
  return `D:${new Date(ms).toISOString().replaceAll(/[-:T]/g, "").slice(0, 14)}Z`;
}
