/** That the CMS in a bundle says what the bundle says, and nothing else. */

import { hex, same, sameSignature, unhex } from "@mshield/gm";

import { type Certificate, isSameCertificate } from "./certificate.ts";
import { checkXml } from "./check_xml.ts";
import { parseCms, signedMessage } from "./cms.ts";
import type { Content } from "./content.ts";
import { inStep, VerificationError } from "./errors.ts";
import type { Evidence, TimeStamp } from "./evidence.ts";
import { makeSignedData } from "./signed_data.ts";
import type { VerifiedSignature } from "./verify_signature.ts";

/**
 * The CMS says the same once more: content, attributes, signature, certificates, time stamps, and nothing else. The time
 * stamps are given back, not judged.
 */
export async function checkCms(
  evidence: Evidence,
  verified: VerifiedSignature,
  message: Uint8Array,
  content: Content | null,
): Promise<readonly Uint8Array[] | null> {
  const { document, signature, timeStamps: evidenceTimeStamps } = evidence;
  if (document.format === "xml") {
    checkXml(evidence, verified.path.leaf, verified.signature);
    return null;
  }
  if (document.hasOptions) {
    return checkMade(document, signature, verified, evidenceTimeStamps);
  }
  const { path } = verified;
  const signed = await inStep("cms", () => parseCms(signature.cms));
  const over = await inStep("cms", () =>
    signedMessage(signed, { content, digest: unhex(document.digest), isKnown: true }),
  );
  const all = [path.leaf, ...path.intermediates, path.root];
  const holds =
    same(over.head, message) &&
    (signed.content === null) === (document.format === "cms_detached" || document.content === null) &&
    sameSignature(signed.signature, verified.signature) &&
    isSameCertificate(signed.signer, path.leaf) &&
    isSameSet(signed.certificates, all);
  if (!holds) {
    throw new VerificationError("message_mismatch", "cms", "the CMS is not this signature's");
  }
  return signed.timeStamps;
}

/** As `checkCms`, of a file that has options: made once more it is the same to the octet. */
function checkMade(
  document: Evidence["document"],
  { attributes, cms }: Evidence["signature"],
  { path, signature }: VerifiedSignature,
  stamps: readonly TimeStamp[],
): readonly Uint8Array[] | null {
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
  if (!same(expected, cms)) {
    throw new VerificationError("message_mismatch", "cms", "the CMS is not this signature's");
  }
  return options.wrapper?.signature_value === "raw" ? null : timeStamps;
}

function isPart(part: Uint8Array, whole: Uint8Array): boolean {
  const end = whole.length - part.length;
  for (let at = whole.indexOf(part[0]!); at >= 0 && at <= end; at = whole.indexOf(part[0]!, at + 1)) {
    if (same(part, whole.subarray(at, at + part.length))) {
      return true;
    }
  }
  return false;
}

function isSameSet(a: readonly Certificate[], b: readonly Certificate[]): boolean {
  const [one, other] = [a, b].map((certificates) => new Set(certificates.map(({ der }) => hex(der)))) as [
    Set<string>,
    Set<string>,
  ];
  return one.size === other.size && [...one].every((der) => other.has(der));
}
