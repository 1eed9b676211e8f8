/**
 * Bytes as text of the same length, for data that may be ASCII; PEM; and texts from other parties, truncated for
 * display.
 */

const CHUNK = 0x8000;

export function ascii(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return text;
}

/**
 * Returns the base64 in all PEM blocks of this label. A regular expression would be slow on many unclosed
 * beginnings.
 */
export function pemBlocks(label: string, text: string): string[] {
  const [begin, finish] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`];
  const blocks: string[] = [];
  for (let at = text.indexOf(begin); at >= 0;) {
    const end = text.indexOf(finish, at + begin.length);
    if (end < 0) {
      break;
    }
    blocks.push(text.slice(at + begin.length, end).replaceAll(/\s+/g, ""));
    at = text.indexOf(begin, end + finish.length);
  }
  return blocks;
}

const LONGEST = 1000;

/** Truncates text from other parties to 1000 characters, so that a name of megabytes can't freeze the page. */
export function clipped(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** Trims white space at both ends; a regular expression would rescan long runs of spaces. */
export function trimmed(text: string): string {
  const isSpace = (at: number): boolean => " \t\r\n".includes(text.charAt(at));
  let [start, end] = [0, text.length];
  while (start < end && isSpace(start)) {
    start++;
  }
  while (end > start && isSpace(end - 1)) {
    end--;
  }
  return text.slice(start, end);
}
