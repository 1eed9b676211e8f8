/** Bytes as text of the same length, for looking at what may be ASCII; PEM; and texts of others, cut to be shown. */

const CHUNK = 0x8000;

export function ascii(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return text;
}

/** The base64 in all PEM blocks of this label. A search for a pattern would take forever over many beginnings without an end. */
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

/** At most a thousand characters of what somebody else wrote: a page must not choke on a name of megabytes. */
export function clipped(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** Without white space at its ends; a pattern would look at each space of a long run again. */
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
