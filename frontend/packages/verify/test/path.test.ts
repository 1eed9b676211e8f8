import { readFileSync } from "node:fs";

import { fromBase64 } from "@mshield/forms";
import { describe, expect, it } from "vitest";

import { parseCertificate } from "../src/index.ts";
import { verifyPath } from "../src/path.ts";

const FILE = JSON.parse(readFileSync(new URL("cross.json", import.meta.url), "utf8")) as Record<
  string,
  string | number
>;
const NOW = FILE["now"] as number;
const [leaf, issuing, root, cross, other] = ["leaf", "issuing", "root", "cross", "other"].map((name) =>
  parseCertificate(fromBase64(FILE[name] as string)),
) as [Certificate, Certificate, Certificate, Certificate, Certificate];

type Certificate = ReturnType<typeof parseCertificate>;

describe("verifyPath", () => {
  it("finds the path to either root of a cross-certified CA, in any order", () => {
    for (const chain of [
      [issuing, root, cross],
      [cross, root, issuing],
    ]) {
      expect(verifyPath(leaf, chain, [root], NOW).intermediates).toStrictEqual([issuing]);
      expect(verifyPath(leaf, chain, [other], NOW).intermediates).toStrictEqual([cross]);
    }
  });

  it("refuses a root without the certificate that leads to it", () => {
    expect(() => verifyPath(leaf, [issuing, root], [other], NOW)).toThrow("no path");
  });

  it("ends with many certificates of one name", () => {
    const many = Array.from({ length: 200 }, () => cross);
    expect(() => verifyPath(leaf, many, [root], NOW)).toThrow("no path");
  });
});
