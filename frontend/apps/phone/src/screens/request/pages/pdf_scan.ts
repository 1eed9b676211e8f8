/**
 * The phone's own check of a PDF's bytes, beside the viewer's: objects defined twice outside a signature's
 * update, and names of active features. The service's check also reads compressed objects; this one doesn't.
 */

const MOST = 20 * 1024 * 1024;
const BEGIN = /^%PDF-(?:1\.[0-7]|2\.0)[ \t]*[\r\n]/;
const END = /startxref\s+\d{1,10}\s+%%EOF\s*$/;
const HEAD = /(?<!\d)(\d{1,10})[ \t\r\n\0\f]+(\d{1,5})[ \t\r\n\0\f]+obj(?![A-Za-z0-9])/g;
const MOST_REVISIONS = 4;
const MOST_SIGNATURES = 32;
const REVISION = /startxref\s+\d{1,10}\s+%%EOF/g;
const WHITE = String.raw`[\0\t\n\f\r ]`;
const NUMBER = `${WHITE}*(\\d{1,10})`;
const RANGE = new RegExp(`/ByteRange${WHITE}*\\[${`${NUMBER}${WHITE}`.repeat(3)}${NUMBER}${WHITE}*\\]`, "g");
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
  Subtype2: "device",
};
/** Signs of a form with fields other than signatures. */
const FORM = /\/(?:NeedAppearances|FT\s*\/(?:Tx|Btn|Ch))(?![A-Za-z])/;
/**
 * Objects that a signature's update replaces: catalog, page, form, lists in them, and objects without any
 * reference.
 */
const REPLACED = /\/Type\s*\/(?:Catalog|Page)(?![A-Za-z])|\/Fields(?![A-Za-z])|^\s*\[/;
/** Signs of what only some programs or printers carry out: PostScript, overprint, colour spaces without ink. */
const DEVICE = new RegExp(
  [
    String.raw`/Subtype${WHITE}*/PS(?![A-Za-z0-9])`,
    String.raw`/(?:OP|op)${WHITE}+true(?![A-Za-z])`,
    String.raw`/Separation${WHITE}*/None(?![A-Za-z0-9])`,
    String.raw`/DeviceN${WHITE}*\[(?:${WHITE}*/None(?![A-Za-z0-9]))+${WHITE}*\]`,
  ].join("|"),
);
/** Transfer functions, in place or by their references. */
const TRANSFER = new RegExp(
  String.raw`/(?:TR2?|TransferFunction)${WHITE}*(<<[^>]*|\[[^\]]*|\d+${WHITE}+\d+${WHITE}+R)`,
  "g",
);
const REFERENCE = new RegExp(String.raw`(\d+)${WHITE}+(\d+)${WHITE}+R`, "g");
const FUNCTION = /\/FunctionType(?![A-Za-z])/;
const ACT = new RegExp(`/(${Object.keys(ACTS).join("|")})(?![A-Za-z])`);

/** Returns the reason to refuse the PDF, in the service's terms; null if there is none. */
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
  const count = (word: RegExp): number => [...text.matchAll(word)].length;
  if (FORM.test(text) || count(/\/FT\s*\/Sig(?![A-Za-z])/g) > count(/\/ByteRange(?![A-Za-z])/g)) {
    return "form";
  }
  if (DEVICE.test(text) || hasTransfer(text)) {
    return "device";
  }
  return hidesObjects(text) ? "revisions" : null;
}

/** Returns whether a graphics state or halftone has a function that changes colours on some devices. */
function hasTransfer(text: string): boolean {
  return [...text.matchAll(TRANSFER)].some(([, value = ""]) => {
    const bodies = [...value.matchAll(REFERENCE)].map(([, number, generation]) => {
      const head = new RegExp(String.raw`(?<!\d)${number}${WHITE}+${generation}${WHITE}+obj`).exec(text);
      return head === null ? "" : bodyAt(text, head.index);
    });
    return [value, ...bodies].some((body) => FUNCTION.test(body));
  });
}

/**
 * Returns whether an update could hide objects by defining them again. Only an update that a signature covers
 * may do that, and only for objects that a signature must replace.
 */
function hidesObjects(text: string): boolean {
  const ends = signedEnds(text);
  if (ends === null) {
    return true;
  }
  const revisions = revisionsOf(text);
  const unsigned = revisions.filter(([, end]) => !ends.has(end));
  const heads = new Set<string>();
  for (const [start, end] of revisions) {
    const part = text.slice(start, end);
    const own = [...part.matchAll(HEAD)].map((head) => ({
      name: `${Number(head[1])} ${Number(head[2])}`,
      body: bodyAt(part, head.index + head[0].length),
    }));
    const isHidden = own.some(({ name, body }) => heads.has(name) && !(ends.has(end) && mayReplace(body)));
    if (isHidden || new Set(own.map(({ name }) => name)).size < own.length) {
      return true;
    }
    own.forEach(({ name }) => heads.add(name));
  }
  const isCovered = ends.size === 0 || ends.has(text.trimEnd().length);
  return !isCovered || unsigned.length > MOST_REVISIONS || ends.size > MOST_SIGNATURES;
}

function bodyAt(text: string, start: number): string {
  const end = text.indexOf("endobj", start);
  return text.slice(start, end < 0 ? undefined : end);
}

function mayReplace(body: string): boolean {
  return !/>>\s*stream/.test(body) && (REPLACED.test(body) || !/\d\s+\d+\s+R/.test(body));
}

/**
 * Returns the ends of the byte ranges that signatures cover, without line ends; null if a range omits more
 * than a hex string.
 */
function signedEnds(text: string): Set<number> | null {
  const ends = new Set<number>();
  const all = [...text.matchAll(RANGE)];
  for (const match of all) {
    const [first, start, end, rest] = match.slice(1).map(Number) as [number, number, number, number];
    if (first !== 0 || !/^<[0-9A-Fa-f]*>$/.test(text.slice(start, end)) || end + rest > text.length) {
      return null;
    }
    ends.add(text.slice(0, end + rest).trimEnd().length);
  }
  return all.length === text.split("/ByteRange").length - 1 ? ends : null;
}

/** Returns start and end of each part that ends like a file; ends exclude line ends. */
function revisionsOf(text: string): [start: number, end: number][] {
  const parts: [number, number][] = [];
  let start = 0;
  for (const match of text.matchAll(REVISION)) {
    const end = match.index + match[0].length;
    parts.push([start, end]);
    start = end;
  }
  return parts;
}
