/**
 * Detection of the XML lists by which an OFD file (GB/T 33190, GM/T 0099) is signed. A signature
 * on such a list is a signature on a file that was never displayed. Detection is deliberately wider than any
 * OFD reader: content that might be such a list counts as one.
 */

const LIST = /<(?:([^ \t\r\n<>/:=&"']+):)?(?:Signatures?|DocEntries)(?![A-Za-z0-9._:-])/y;
const ATTRIBUTE = /[ \t\r\n]+([^ \t\r\n=<>"'/]+)[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)')/y;
const DECLARED = /^<\?xml[ \t\r\n][^>]*?encoding[ \t\r\n]*=[ \t\r\n]*["']([^"'>]*)/;
/** Encodings in which no octet of another character looks like markup. */
const NO_SHIFTS =
  /^(?:utf-?8|utf-16(?:le|be)?|utf-32(?:le|be)?|us-ascii|ascii|iso-8859-[0-9]{1,2}|windows-[0-9]{3,4}|gbk|gb2312|gb18030|cp936|big5)$/i;
const OFD = "ofdspec";
const EBCDIC = [0x4c, 0x6f, 0xa7, 0x94];
const LESS = 0x3c;
type Encoding = "utf-32be" | "utf-32le" | "utf-16be" | "utf-16le";
const BEGINNINGS: readonly (readonly [readonly number[], Encoding])[] = [
  [[0, 0, 0xfe, 0xff], "utf-32be"],
  [[0xff, 0xfe, 0, 0], "utf-32le"],
  [[0, 0, 0, LESS], "utf-32be"],
  [[LESS, 0, 0, 0], "utf-32le"],
  [[0xfe, 0xff], "utf-16be"],
  [[0xff, 0xfe], "utf-16le"],
  [[0, LESS], "utf-16be"],
  [[LESS, 0], "utf-16le"],
];
const SPACE = new Set([0x20, 0x09, 0x0d, 0x0a]);

/**
 * Reports whether the first element may be OFD's Signature, Signatures or DocEntries, in any encoding. Such an
 * element in a namespace that is certainly not OFD's is another thing, such as XML's Signature.
 */
export function isOfdList(content: Uint8Array): boolean {
  if (beginsWith(content, EBCDIC)) {
    return true;
  }
  const text = xmlText(content);
  if (text === null) {
    return false;
  }
  const encoding = DECLARED.exec(text)?.[1];
  if (encoding !== undefined && !NO_SHIFTS.test(encoding)) {
    return true;
  }
  const start = firstElement(text);
  if (start === "doctype") {
    return new RegExp(LIST.source).test(text);
  }
  if (start === null) {
    return false;
  }
  LIST.lastIndex = start;
  const match = LIST.exec(text);
  return match !== null && mayBeOfd(text, LIST.lastIndex, match[1]);
}

function beginsWith(content: Uint8Array, beginning: readonly number[]): boolean {
  return beginning.every((octet, i) => content[i] === octet);
}

/**
 * Returns the content as text from its first `<`, ASCII characters exact; null if it doesn't begin with one.
 */
function xmlText(content: Uint8Array): string | null {
  const encoding = BEGINNINGS.find(([mark]) => beginsWith(content, mark))?.[1];
  if (encoding === undefined) {
    let at = beginsWith(content, [0xef, 0xbb, 0xbf]) ? 3 : 0;
    while (SPACE.has(content[at] ?? 0)) {
      at++;
    }
    return content[at] === LESS ? new TextDecoder("latin1").decode(content.subarray(at)) : null;
  }
  const whole = encoding.startsWith("utf-32")
    ? utf32(content, encoding)
    : new TextDecoder(encoding).decode(content);
  const text = whole.replace(/^[\ufeff \t\r\n]+/, "");
  return text.startsWith("<") ? text : null;
}

/** Decodes UTF-32 with U+FFFD for what isn't in the basic plane. */
function utf32(content: Uint8Array, encoding: Encoding): string {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const pieces: string[] = [];
  for (let at = 0; at + 4 <= content.length; at += 4) {
    const code = view.getUint32(at, encoding === "utf-32le");
    pieces.push(String.fromCharCode(code > 0xffff ? 0xfffd : code));
  }
  return pieces.join("");
}

/** Returns where the first element begins, "doctype" if a DOCTYPE is before it; null if there is none. */
function firstElement(text: string): number | "doctype" | null {
  let at = 0;
  while (at >= 0) {
    if (text.startsWith("<?", at)) {
      at = text.indexOf("?>", at);
    } else if (text.startsWith("<!--", at)) {
      at = text.indexOf("-->", at + 4);
    } else if (text.startsWith("<!", at)) {
      return "doctype";
    } else {
      return at;
    }
    at = at < 0 ? at : text.indexOf("<", at);
  }
  return null;
}

/** Reports whether the tag, whose attributes begin here, leaves open that the prefix is OFD's. */
function mayBeOfd(text: string, start: number, prefix: string | undefined): boolean {
  const name = prefix === undefined ? "xmlns" : `xmlns:${prefix}`;
  ATTRIBUTE.lastIndex = start;
  for (let found = ATTRIBUTE.exec(text); found !== null; found = ATTRIBUTE.exec(text)) {
    if (found[1] === name) {
      const value = found[2] ?? found[3] ?? "";
      return value === "" || value.includes("&") || value.toLowerCase().includes(OFD);
    }
  }
  return true;
}
