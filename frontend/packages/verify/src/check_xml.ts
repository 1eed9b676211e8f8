/**
 * The format `xml` in a bundle: what was signed, and that its file is the one built from the rest of the
 * bundle.
 */

import type { XmlOptions } from "@mshield/forms";
import { serialName, signedFile, XmlError, xmlMessage } from "@mshield/forms/xml.ts";
import { equalBytes, type Signature } from "@mshield/gm";
import { SHIELD_NUMBER } from "@mshield/identity/shield_number.ts";

import type { Certificate } from "./certificate.ts";
import { type Step, VerificationError } from "./errors.ts";
import type { Evidence } from "./evidence.ts";
import { ascii } from "./text.ts";

const KEY_NAME = /<ds:KeyName>([A-Za-z0-9]{1,64})<\/ds:KeyName>/y;

/** Returns M of the bundle's content, which must be canonical. Throws: VerificationError. */
export function xmlMessageOf({ content, options }: Evidence["document"]): Uint8Array {
  if (content === null) {
    throw new VerificationError("unreadable", "input", "a signature of XML needs the content");
  }
  return readable("input", () => xmlMessage(content, options.xml!.profile));
}

/**
 * Checks that the file is built from content, signature and certificate, to the octet; a shield's number in
 * it is a claim. Throws: VerificationError.
 */
export function checkXml(
  { document, signature: { file } }: Evidence,
  leaf: Certificate,
  signature: Signature,
): void {
  const { content } = document;
  const options = document.options.xml!;
  const expected = readable("cms", () => {
    const keyName = keyNameIn(file!, options, leaf);
    const { profile } = options;
    return signedFile({ content: content!, profile, signature, keyName, certificate: leaf.der });
  });
  if (!equalBytes(expected, file!)) {
    throw new VerificationError("message_mismatch", "cms", "the file is not this signature's");
  }
}

function keyNameIn(file: Uint8Array, { key_name }: XmlOptions, { serial }: Certificate): string {
  const text = ascii(file);
  KEY_NAME.lastIndex = Math.max(0, text.lastIndexOf("<ds:KeyName>"));
  const name = KEY_NAME.exec(text)?.[1] ?? "";
  const isRight =
    key_name === "serial" ? name === serialName(serial) : SHIELD_NUMBER.test(name) && name.startsWith("MS");
  if (!isRight) {
    throw new XmlError("xml_certificate", "another KeyName than the options say");
  }
  return name;
}

/** Reports parts that aren't as required as unreadable, as everywhere in a bundle. */
function readable<T>(step: Step, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof XmlError ? new VerificationError("unreadable", step, error.message) : error;
  }
}
