/** Contents of a standalone time stamp, certificate, list or OCSP answer, line by line; nothing is checked. */

import { hex } from "@mshield/gm";
import { sha256 } from "@noble/hashes/sha2.js";

import { type ForeignCertificate, parseForeignCertificate } from "../foreign/certificate.ts";
import { parseForeignCrl } from "../foreign/crl.ts";
import { parseForeignOcsp } from "../foreign/ocsp.ts";
import { privateTexts } from "../foreign/private_texts.ts";
import { masked } from "../foreign/signer.ts";
import type { Name } from "../names.ts";
import type { SingleStatus } from "../ocsp.ts";
import { clipped } from "../text.ts";
import type { TimeStampToken } from "../timestamps/token.ts";

/** `label` and `word` refer to words of the page; `values` are texts, and times in ms. */
export interface Fact {
  readonly label: string;
  readonly values: readonly (string | number)[];
  readonly word?: string;
  /** Reason code of a revocation (RFC 5280). */
  readonly reason?: number;
  /** Identifier of a private extension. */
  readonly oid?: string;
}

const NAMES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "SN",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "1.2.840.113549.1.9.1": "E",
};
const USES = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
];
const PURPOSES: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.3.1": "serverAuth",
  "1.3.6.1.5.5.7.3.2": "clientAuth",
  "1.3.6.1.5.5.7.3.4": "emailProtection",
  "1.3.6.1.5.5.7.3.8": "timeStamping",
  "1.3.6.1.5.5.7.3.9": "OCSPSigning",
  "1.3.6.1.5.5.7.3.36": "documentSigning",
  "1.3.6.1.4.1.311.20.2.2": "smartCardLogon",
};
/** Maximum number of displayed entries of a list. */
const MOST = 20;

/** Returns the attributes in the certificate's order, with dates of birth in ID numbers masked. */
export function displayName({ attributes }: Name): string {
  return clipped(masked(attributes.map(([kind, value]) => `${NAMES[kind] ?? kind}=${value}`).join(", ")));
}

export function stampFacts({ arc, info, signer }: TimeStampToken): Fact[] {
  const { accuracy, nonce } = info;
  return [
    { label: "time", values: [info.at] },
    accuracy === null
      ? { label: "accuracy", values: [], word: "notSaid" }
      : { label: "accuracy", values: [`± ${seconds(accuracy)} s`] },
    { label: "policy", values: [info.policy] },
    { label: "imprint", values: [`${info.hash.toUpperCase()} ${hex(info.digest)}`] },
    { label: "stampSerial", values: [info.serial.toString(16)] },
    ...(nonce === null ? [] : [{ label: "nonce", values: [nonce.toString(16)] }]),
    {
      label: "format",
      values: [
        `RFC 3161, ${arc === "gb" ? "GB/T 35275" : "RFC 5652"}, ${signer.profile === "sm2" ? "SM2, SM3" : "ECDSA P-256, SHA-256"}`,
      ],
    },
    { label: "authority", values: [displayName(signer.subject)] },
    { label: "issuer", values: [displayName(signer.issuer)] },
    { label: "serial", values: [signer.serial.toString(16)] },
    { label: "life", values: [signer.notBefore, signer.notAfter] },
    { label: "read", values: [], word: signer.isStrict ? "strict" : "tolerant" },
    { label: "sha256", values: [hex(sha256(signer.der))] },
  ];
}

export function certificateFacts(certificate: ForeignCertificate): Fact[] {
  const { subject, issuer, notBefore, notAfter, values, extensions } = certificate;
  const { keyUsage, purposes } = values;
  return [
    { label: "subject", values: [displayName(subject)] },
    { label: "issuer", values: [displayName(issuer)] },
    { label: "serial", values: [certificate.serial.toString(16)] },
    { label: "life", values: [notBefore, notAfter] },
    { label: "ca", values: [], word: values.isCa ? "yes" : "no" },
    keyUsage === null
      ? { label: "uses", values: [], word: "notSaid" }
      : { label: "uses", values: [[...keyUsage].map((bit) => USES[bit] ?? `${bit}`).join(", ")] },
    ...(purposes === null
      ? []
      : [{ label: "purposes", values: [clipped(purposes.map((oid) => PURPOSES[oid] ?? oid).join(", "))] }]),
    ...values.unknownCritical.slice(0, MOST).map((oid) => ({ label: "critical", values: [oid] })),
    ...values.crlUrls.slice(0, MOST).map((url) => ({ label: "crlAt", values: [clipped(url)] })),
    ...values.ocspUrls.slice(0, MOST).map((url) => ({ label: "ocspAt", values: [clipped(url)] })),
    ...privateTexts(extensions).map(([oid, text]) => ({
      label: "private",
      oid,
      values: [clipped(masked(text))],
    })),
    { label: "sha256", values: [hex(sha256(certificate.der))] },
  ];
}

export function crlFacts(der: Uint8Array): Fact[] {
  const { issuer, version, number, thisUpdate, nextUpdate, revoked } = parseForeignCrl(der);
  return [
    { label: "issuer", values: [displayName(issuer)] },
    { label: "version", values: [`${version}`] },
    ...(number === null ? [] : [{ label: "number", values: [`${number}`] }]),
    { label: "inForce", values: [thisUpdate, nextUpdate] },
    { label: "entries", values: [`${revoked.size}`] },
    ...[...revoked]
      .slice(0, MOST)
      .map(([serial, { at, reason }]) => ({ label: "revoked", values: [serial.toString(16), at], reason })),
    ...(revoked.size > MOST ? [{ label: "more", values: [`${revoked.size - MOST}`] }] : []),
  ];
}

export function ocspFacts(der: Uint8Array): Fact[] {
  const { producedAt, singles } = parseForeignOcsp(der);
  return [{ label: "madeAt", values: [producedAt] }, ...singles.slice(0, MOST).flatMap(saidOfStatus)];
}

/** Describes the standalone certificate in DER. */
export const certificateFactsFromDer = (der: Uint8Array): Fact[] =>
  certificateFacts(parseForeignCertificate(der));

function saidOfStatus({ certId, status, thisUpdate, nextUpdate }: SingleStatus): Fact[] {
  const serial = certId.serial.toString(16);
  const answer =
    status.state === "revoked"
      ? { label: "status", values: [serial, status.at], word: status.state, reason: status.reason }
      : { label: "status", values: [serial], word: status.state };
  return [answer, { label: "inForce", values: [thisUpdate, ...(nextUpdate === null ? [] : [nextUpdate])] }];
}

function seconds(microseconds: bigint): string {
  const rest = `${microseconds % 1_000_000n}`.padStart(6, "0").replace(/0+$/, "");
  return `${microseconds / 1_000_000n}${rest === "" ? "" : `.${rest}`}`;
}
