/** Describes a user agent in a few words: "Firefox, Windows". */

const BROWSERS: readonly [RegExp, string][] = [
  [/Edg\//, "Edge"],
  [/Firefox\//, "Firefox"],
  [/Chrom(e|ium)\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/Windows/, "Windows"],
  [/iPhone|iPad/, "iOS"],
  [/Android/, "Android"],
  [/Mac OS X|Macintosh/, "macOS"],
  [/Linux/, "Linux"],
];

export function browserName(agent: string): string {
  const names = [BROWSERS, SYSTEMS].flatMap((known) => known.find(([mark]) => mark.test(agent))?.[1] ?? []);
  return names.join(", ") || agent.slice(0, 40);
}
