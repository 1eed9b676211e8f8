/**
 * XML indented for reading. Only blanks between tags change; nothing is left out, added or resolved but for the five
 * named entities and character references. Null for what isn't well nested, or has a DOCTYPE: that is shown as it is.
 */

import { markup, plain, type ShownLine, type ShownPart } from "./lines.ts";

const TOKEN =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<\/[^<>\s]+\s*>|<[^<>!?/\s](?:[^<>"']|"[^"<]*"|'[^'<]*')*>|[^<]+/g;
const NAMED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const DEEPEST = 100;

export function xmlLines(text: string): ShownLine[] | null {
  const source = text.replace(/^\uFEFF/, "");
  const tokens = source.match(TOKEN) ?? [];
  if (tokens.reduce((sum, token) => sum + token.length, 0) !== source.length) {
    return null; // something that is none of these, as a DOCTYPE
  }
  const lines: ShownLine[] = [];
  const open: string[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    if (token.startsWith("</")) {
      if (open.pop() !== nameOf(token)) {
        return null;
      }
      lines.push(line(open.length, [markup(token)]));
    } else if (isOpening(token)) {
      const [content, end] = [tokens[at + 1], tokens[at + 2]];
      const name = nameOf(token);
      if (isText(content) && end?.startsWith("</") && nameOf(end) === name) {
        lines.push(line(open.length, [markup(decoded(token)), plain(decoded(content)), markup(end)]));
        at += 2;
      } else if (content?.startsWith("</") && nameOf(content) === name) {
        lines.push(line(open.length, [markup(decoded(token) + content)]));
        at += 1;
      } else {
        lines.push(line(open.length, [markup(decoded(token))]));
        open.push(name);
      }
    } else if (token.startsWith("<![CDATA[")) {
      lines.push(line(open.length, [plain(token)]));
    } else if (token.startsWith("<")) {
      lines.push(line(open.length, [markup(decodedElement(token))]));
    } else if (token.trim() !== "") {
      lines.push(line(open.length, [plain(decoded(token))]));
    }
  }
  return open.length === 0 && lines.length > 0 ? lines : null;
}

function line(depth: number, parts: readonly ShownPart[]): ShownLine {
  return { depth: Math.min(depth, DEEPEST), parts };
}

function isOpening(token: string): boolean {
  return /^<[^!?/]/.test(token) && !token.endsWith("/>");
}

function isText(token: string | undefined): token is string {
  return token !== undefined && !token.startsWith("<");
}

function nameOf(tag: string): string {
  return /^<\/?([^\s/>]+)/.exec(tag)?.[1] ?? "";
}

/** Comments and processing instructions know no references. */
function decodedElement(token: string): string {
  return /^<[!?]/.test(token) ? token : decoded(token);
}

function decoded(text: string): string {
  return text.replaceAll(/&(?:#([0-9]{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]+));/g, (all, decimal, hex, name) => {
    const point = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : null;
    if (point === null) {
      return NAMED[name] ?? all;
    }
    return point <= 0x10_ff_ff ? String.fromCodePoint(point) : all;
  });
}
