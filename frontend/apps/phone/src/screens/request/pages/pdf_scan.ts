/**
 * What the phone looks for in a PDF's octets itself, beside what the viewer says of it: objects that stand there twice,
 * and words of what may act. The service's check reads packed objects too; this one doesn't.
 */

const MOST = 20 * 1024 * 1024;
const BEGIN = /^%PDF-(?:1\.[0-7]|2\.0)[ \t]*[\r\n]/;
const END = /startxref\s+\d{1,10}\s+%%EOF\s*$/;
const HEAD = /(?<!\d)(\d{1,10})[ \t\r\n\0\f]+(\d{1,5})[ \t\r\n\0\f]+obj(?![A-Za-z0-9])/g;
const MOST_REVISIONS = 4;
const ACTS: Readonly<Record<string, string>> = {
  JavaScript: "javascript",
  Launch: "launch",
  SubmitForm: "submit",
  ImportData: "submit",
  EmbeddedFiles: "attachments",
  FileAttachment: "attachments",
  RichMedia: "rich_media",
  Rendition: "rich_media",
  OCProperties: "optional_content",
  SetOCGState: "optional_content",
  Collection: "attachments",
  GoToR: "external",
  GoToE: "external",
  ResetForm: "submit",
  Alternates: "alternates",
  Named: "action",
  Hide: "action",
};
const ACT = new RegExp(`/(${Object.keys(ACTS).join("|")})(?![A-Za-z])`);

/** Null where nothing stands out; the reasons are the service's. */
export function scanned(octets: Uint8Array): string | null {
  if (octets.length > MOST) {
    return "too_large";
  }
  const text = new TextDecoder("latin1").decode(octets);
  if (!BEGIN.test(text.slice(0, 32))) {
    return "not_pdf";
  }
  if (!END.test(text.slice(-1024))) {
    return "damaged";
  }
  const act = ACT.exec(text)?.[1];
  if (act !== undefined) {
    return ACTS[act] ?? null;
  }
  return hidesObjects(text) ? "revisions" : null;
}

function hidesObjects(text: string): boolean {
  const heads = new Set<string>();
  for (const [, number, generation] of text.matchAll(HEAD)) {
    const name = `${Number(number)} ${Number(generation)}`;
    if (heads.has(name)) {
      return true;
    }
    heads.add(name);
  }
  return text.split("startxref").length - 1 > MOST_REVISIONS;
}
