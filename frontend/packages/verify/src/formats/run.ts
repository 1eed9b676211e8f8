/** Runs a folder of vectors of foreign formats: each case of its `index.json` by the rules of its kind. */

import { ambiguity, FormError, LOGIN_TYPE, hasMember, toBase64, utf8Text } from "@mshield/forms";
import { xmlMessage } from "@mshield/forms/xml.ts";
import { GmError, hex } from "@mshield/gm";

import { fingerprint } from "../certificate.ts";
import { PartError, TimeStampError } from "../errors.ts";
import { type ForeignCertificate, maySign, parseForeignCertificate } from "../foreign/certificate.ts";
import { parseForeignCrl, requireCrlOf } from "../foreign/crl.ts";
import { foreignStatus, parseForeignOcsp } from "../foreign/ocsp.ts";
import { type Form, verifyP7 } from "../foreign/p7.ts";
import { requireForeignIssued } from "../foreign/path.ts";
import { verifyPdf } from "../foreign/pdf.ts";
import { parseTsaCertificate } from "../timestamps/certificate.ts";
import { requireAnswer, tokenOf } from "../timestamps/answer.ts";
import { verifyXml } from "../foreign/xml.ts";

/** Reads a file of the folder by its name. */
export type Files = (file: string) => Uint8Array;

/** Facts of an accepted case, as JSON; both readers report the same. */
export type Facts = Readonly<Record<string, unknown>>;

/** A case of `index.json`; its members depend on its kind. */
export type FormatCase = Readonly<Record<string, unknown>> & {
  readonly file: string;
  readonly kind: string;
  readonly expect?: "accept" | "refuse";
};

/** The rules refuse the case. */
export class CaseRefused extends Error {
  override readonly name = "Refused";
}

const COMPARED = ["m", "status", "usage"];
/** The vectors' time stamps are from the day that begins at their moment. */
const DAY = 86_400_000;

export function runFormats(read: Files): { readonly passed: number; readonly failures: readonly string[] } {
  const index = JSON.parse(utf8Text(read("index.json"))) as { at: string; vectors: readonly FormatCase[] };
  const failures = index.vectors.flatMap((listed) => {
    const reason = reasonOf(listed, read, Date.parse(index.at));
    return reason === null ? [] : [`${listed.file}: ${reason}`];
  });
  return { passed: index.vectors.length - failures.length, failures };
}

/** Returns the facts of an accepted case. `at` (ms) is the moment of the whole set. Throws: Refused. */
export function factsOfCase(listed: FormatCase, read: Files, at: number): Facts {
  try {
    return KINDS[listed.kind]!(listed, read, at);
  } catch (error) {
    if (error instanceof FormError || error instanceof PartError || error instanceof GmError) {
      throw new CaseRefused(error.message);
    }
    throw error;
  }
}

/** Returns why a case failed; null if it passed. */
function reasonOf(listed: FormatCase, read: Files, at: number): string | null {
  if (!Object.hasOwn(KINDS, listed.kind)) {
    return `kind '${listed.kind}' is not read yet`;
  }
  let facts: Facts;
  try {
    facts = factsOfCase(listed, read, at);
  } catch (error) {
    const isRefused = error instanceof CaseRefused;
    return isRefused && listed.expect === "refuse" ? null : String(error);
  }
  if (listed.expect !== "accept") {
    return "accepted";
  }
  const other = COMPARED.filter((name) => listed[name] !== undefined && listed[name] !== facts[name]);
  return other.length === 0 ? null : `accepted with other facts: ${other.join(", ")}`;
}

const text = (listed: FormatCase, name: string): string => {
  const value = listed[name];
  if (typeof value !== "string") {
    throw new TypeError(`the case lacks ${name}`);
  }
  return value;
};
const certificateOf = (listed: FormatCase, name: string, read: Files): ForeignCertificate =>
  parseForeignCertificate(read(text(listed, name)));

export const KINDS: Readonly<Record<string, (listed: FormatCase, read: Files, at: number) => Facts>> = {
  canonical: (listed, read) => {
    const content = read(listed.file);
    return { m: toBase64(xmlMessage(content, "eport-2022")) };
  },
  certificate: (listed, read) => {
    const certificate = certificateOf(listed, "file", read);
    requireForeignIssued(certificate, certificateOf(listed, "issuer", read));
    return {
      serial: String(certificate.serial),
      subject: certificate.subject.attributes,
      life: [certificate.notBefore, certificate.notAfter],
      crls: certificate.values.crlUrls,
      usage: usageOf(certificate),
    };
  },
  crl: (listed, read) => {
    const crl = parseForeignCrl(read(listed.file));
    requireCrlOf(crl, certificateOf(listed, "issuer", read));
    const revoked = [...crl.revoked].map(([serial, { at, reason }]) => [String(serial), at, reason]);
    return { revoked, updates: [crl.thisUpdate, crl.nextUpdate] };
  },
  ocsp: (listed, read) => {
    const { status, thisUpdate, nextUpdate } = foreignStatus(
      parseForeignOcsp(read(listed.file)),
      certificateOf(listed, "certificate", read),
      certificateOf(listed, "issuer", read),
      Date.parse(text(listed, "at")),
    );
    return { status: status.state, updates: [thisUpdate, nextUpdate] };
  },
  p7: factsOfP7,
  pdf: (listed, read) => {
    const { subfilter, gap, p7 } = verifyPdf(read(listed.file));
    if (p7.certificate.values.unknownCritical.length > 0) {
      throw new CaseRefused("an unknown critical extension");
    }
    requireForeignIssued(p7.certificate, certificateOf(listed, "issuer", read));
    return {
      subfilter,
      gap,
      arc: p7.p7.arc,
      certificate: hex(fingerprint(p7.certificate)),
      m: toBase64(p7.message),
    };
  },
  raw: (listed, read) => {
    const content = read(listed.file);
    const seen = isLogin(content) ? "login" : ambiguity(content);
    if (seen !== null) {
      throw new CaseRefused(seen);
    }
    return {};
  },
  tsp: (listed, read, at) => {
    const { info } = requireAnswer({
      token: tokenOf(read(listed.file)),
      data: read(text(listed, "data")),
      trust: { roots: (listed["roots"] as readonly string[]).map((root) => parseTsaCertificate(read(root))) },
      now: at + DAY,
      signedAt: null,
      hash: hashOf(text(listed, "hash")),
      nonce: BigInt(text(listed, "nonce")),
      policy: text(listed, "policy"),
    });
    return { time: info.at, serial: String(info.serial) };
  },
  xml: factsOfXml,
};

function factsOfXml(listed: FormatCase, read: Files): Facts {
  const { content, message, method, keyName, certificate } = verifyXml(read(listed.file));
  if (certificate.values.unknownCritical.length > 0) {
    throw new CaseRefused("an unknown critical extension");
  }
  requireForeignIssued(certificate, certificateOf(listed, "issuer", read));
  return {
    key_name: keyName,
    method,
    certificate: hex(fingerprint(certificate)),
    content: toBase64(content),
    m: toBase64(message),
  };
}

function factsOfP7(listed: FormatCase, read: Files): Facts {
  const { p7, certificate, message, isRaw } = verifyP7(read(listed.file), {
    content: listed["content"] === undefined ? null : read(text(listed, "content")),
    certificates: listed["certificate"] === undefined ? [] : [certificateOf(listed, "certificate", read)],
    form: text(listed, "form") as Form,
  });
  if (certificate.values.unknownCritical.length > 0) {
    throw new CaseRefused("an unknown critical extension");
  }
  requireForeignIssued(certificate, certificateOf(listed, "issuer", read));
  return {
    arc: p7.arc,
    attributes: p7.attributes !== null,
    detached: p7.content === null,
    algorithm: p7.algorithm,
    raw_value: isRaw,
    signing_time: p7.signingTime,
    certificate: hex(fingerprint(certificate)),
    m: toBase64(message),
  };
}

function usageOf(certificate: ForeignCertificate): string {
  if (certificate.values.unknownCritical.length > 0) {
    return "no-path";
  }
  return maySign(certificate) ? "signing" : "not-for-signing";
}

function hashOf(name: string): string {
  if (name !== "sm3" && name !== "sha256") {
    throw new TimeStampError("weak_hash", "neither SM3 nor SHA-256");
  }
  return name;
}

function isLogin(content: Uint8Array): boolean {
  try {
    return hasMember(utf8Text(content), "type", LOGIN_TYPE);
  } catch (error) {
    if (error instanceof FormError) {
      return false;
    }
    throw error;
  }
}
