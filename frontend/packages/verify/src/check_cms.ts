/** Checks that the CMS in a bundle matches the bundle and contains nothing else. */

import { equalBytes, unhex } from "@mshield/gm";

import { checkXml } from "./check_xml.ts";
import { VerificationError } from "./errors.ts";
import type { Evidence } from "./evidence.ts";
import { makeSignedData } from "./signed_data.ts";
import type { VerifiedSignature } from "./verify_signature.ts";

/**
 * Rebuilds the file from the bundle and compares it to the octet. Returns the time stamps in it, unchecked; null
 * if it has no place for them.
 */
export function checkCms(evidence: Evidence, verified: VerifiedSignature): readonly Uint8Array[] | null {
  if (evidence.document.format === "xml") {
    checkXml(evidence, verified.path.leaf, verified.signature);
    return null;
  }
  const { document, timeStamps: stamps } = evidence;
  const { attributes, cms } = evidence.signature;
  const { path, signature } = verified;
  const timeStamps = stamps.map(({ token }) => token).filter((token) => isPart(token, cms));
  const { format, options, content } = document;
  const [issuing] = path.intermediates;
  const expected = makeSignedData({
    format,
    options,
    content,
    digest: unhex(document.digest),
    signature,
    leaf: path.leaf,
    issuing: issuing!,
    root: path.root,
    attributes,
    timeStamps,
  });
  if (!equalBytes(expected, cms)) {
    throw new VerificationError("message_mismatch", "cms", "the CMS is not this signature's");
  }
  return options.wrapper?.signature_value === "raw" ? null : timeStamps;
}

function isPart(part: Uint8Array, whole: Uint8Array): boolean {
  const end = whole.length - part.length;
  for (let at = whole.indexOf(part[0]!); at >= 0 && at <= end; at = whole.indexOf(part[0]!, at + 1)) {
    if (equalBytes(part, whole.subarray(at, at + part.length))) {
      return true;
    }
  }
  return false;
}
