/**
 * JSON indented for reading. The tokens stay as they stand, so that numbers keep their digits and a name that is there
 * twice is seen twice; only escaped characters are written as themselves. Null for what isn't JSON.
 */

import { markup, plain, type ShownLine, type ShownPart } from "./lines.ts";

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s"[\]{},:]+/g;
const DEEPEST = 100;

export function jsonLines(text: string): ShownLine[] | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const tokens = text.match(TOKEN) ?? [];
  const lines: ShownLine[] = [];
  let depth = 0;
  let parts: ShownPart[] = [];
  const end = (): void => {
    if (parts.length > 0) {
      lines.push({ depth: Math.min(depth, DEEPEST), parts });
      parts = [];
    }
  };
  tokens.forEach((token, at) => {
    const next = tokens[at + 1];
    if (token === "{" || token === "[") {
      parts.push(markup(token));
      if (next !== "}" && next !== "]") {
        end();
        depth += 1;
      }
    } else if (token === "}" || token === "]") {
      const isEmpty = tokens[at - 1] === "{" || tokens[at - 1] === "[";
      if (!isEmpty) {
        end();
        depth -= 1;
      }
      parts.push(markup(token));
    } else if (token === ",") {
      parts.push(markup(token));
      end();
    } else if (token === ":") {
      parts.push(markup(": "));
    } else {
      parts.push(next === ":" ? markup(readable(token)) : plain(readable(token)));
    }
  });
  end();
  return lines;
}

/** Characters that are escaped without need are written as themselves. */
function readable(token: string): string {
  return token.replaceAll(/\\(?:u([0-9a-fA-F]{4})|.)/g, (all, hex: string | undefined) => {
    const code = hex === undefined ? 0 : Number.parseInt(hex, 16);
    return code >= 0xa0 ? String.fromCharCode(code) : all;
  });
}
