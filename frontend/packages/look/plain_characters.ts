/**
 * Characters shown as they are: in the app's own font none looks like another, which
 * tests/browser/app/test_honest_text.py checks. Code points in hex. The commands have the same list;
 * vectors/shown_text.json verifies both.
 */

export const PLAIN =
  "9-A D 20-7E A1-AC AE-CF D1-17E 1A0-1A1 1AF-1B0 1CD-1DC 1F8-1F9 218-21B 386 388-38A 38C 38E-3A1 3A3-3CE " +
  "400-45F 490-493 49A-49B 4A2-4A3 4AE-4B3 4BA-4BB 4D8-4D9 4E8-4E9 5D0-5EA 621-63A 641-64A 67E 686 698 6AD 6AF " +
  "6BE 6C6-6C8 6CB 6D0 E01-E30 E32-E33 E3F-E46 E4F E5A-E5B 1E80-1E85 1E9E 1EA0-1EF9 2013-2014 2018-2019 201C-201E 2020-2021 " +
  "2025-2026 2030-2031 2033-2034 2039-203C 20A0-20C0 2103 2109 2116 2121-2122 2150-216B 2170-217B 2189 " +
  "2190-2199 21D2 21D4 2200-2211 221A-221E 2220-2222 2225-2235 2237 2248 224C 2252 2260-2261 2264-2267 " +
  "226A-226B 2282-2287 2295-2299 22A5 2460-2757 3000-301B 301D-3020 3041-3096 309B-309F 30A1-30FA 30FC-30FF " +
  "3105-312F 3131-3163 3165-318E 3200-321E 3220-39B2 39B4-3AD9 3ADB-3B34 3B36-3B39 3B3B-3BA2 3BA4-439A " +
  "439C-441F 4421-4DBF 4E00-58FE 5900-9FFF AC00-D7A3 FF01-FF5E FF61-FF9F FFE0-FFE6 1F300-1F64F 1F680-1F6C5 " +
  "1F900-1F9FF 20000-2420D 2420F-24A00 24A02-29FD6 29FD8-2A6DF 2A700-2B738 2B740-2B81D 2B820-2CEA1 2CEB0-2EBE0 " +
  "30000-3134A";

/** Letters of right-to-left scripts. */
export const RIGHT_TO_LEFT = "5D0-5EA 621-63A 641-64A 67E 686 698 6AD 6AF 6BE 6C6-6C8 6CB 6D0";

/** Greek and Cyrillic letters that look like another script's, or like a digit. */
export const LOOKALIKES = "ΑΒΓΕΖΗΙΪΚΜΝΟΠΡΣΤΥΫΦΧικμνοπρυφχАВЕЁЗІЇЈЅКМНОРСТУҮХҺаеёзбіїјѕорсуүхһ";

/** Converts these ranges to the inside of a character class of a regular expression with the flag `u`. */
export function classOf(ranges: string): string {
  return ranges.replaceAll(/[0-9A-F]+/g, (point) => `\\u{${point}}`).replaceAll(" ", "");
}
