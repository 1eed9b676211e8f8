/**
 * `npm run formats-serve -w packages/verify`: answers cases, one JSON line each, until its input ends; for other readers
 * to compare. A case of the kind `read` asks what the readers make of octets before any signature is looked at.
 */

import process from "node:process";
import { createInterface } from "node:readline";

import { FormError, fromBase64, toBase64 } from "@mshield/forms";

import { PartError } from "../errors.ts";
import { parseForeignCertificate } from "../foreign/certificate.ts";
import { parseForeignCrl } from "../foreign/crl.ts";
import { parseForeignOcsp } from "../foreign/ocsp.ts";
import { parseP7 } from "../foreign/p7.ts";
import { canonicalDocument, canonicalElement } from "../xml/canonical.ts";
import { readXml } from "../xml/reader.ts";
import { type Facts, judged, type Listed, Refused } from "./run.ts";

/** A case with the octets (base64) of its files, and its moment in ms. */
interface Asked {
  readonly listed: Listed & { readonly as?: string };
  readonly files: Readonly<Record<string, string>>;
  readonly at: number;
}

const base64 = (octets: Uint8Array | null): string | null => (octets === null ? null : toBase64(octets));

const READ: Readonly<Record<string, (octets: Uint8Array) => Facts>> = {
  certificate: (octets) => {
    const { serial, issuer, subject, notBefore, notAfter, values } = parseForeignCertificate(octets);
    return {
      serial: String(serial),
      names: [issuer.attributes, subject.attributes],
      life: [notBefore, notAfter],
      keys: [base64(values.ski), base64(values.aki)],
      ca: [values.isCa, values.pathLength === null ? null : String(values.pathLength)],
      uses: values.keyUsage === null ? null : [...values.keyUsage],
      purposes: values.purposes,
      crls: values.crlUrls,
      critical: values.unknownCritical,
    };
  },
  crl: (octets) => {
    const { issuer, aki, thisUpdate, nextUpdate, revoked } = parseForeignCrl(octets);
    return {
      issuer: issuer.attributes,
      aki: base64(aki),
      updates: [thisUpdate, nextUpdate],
      revoked: [...revoked].map(([serial, { at, reason }]) => [String(serial), at, reason]),
    };
  },
  ocsp: (octets) => {
    const { byName, responder, singles, certificates } = parseForeignOcsp(octets);
    return {
      by: [byName, base64(responder)],
      singles: singles.map(({ certId, status, thisUpdate, nextUpdate }) => [
        String(certId.serial),
        status.state,
        thisUpdate,
        nextUpdate,
      ]),
      certificates: certificates.length,
    };
  },
  p7: (octets) => {
    const p7 = parseP7(octets);
    return {
      arc: p7.arc,
      content: base64(p7.content),
      certificates: p7.certificates.map(base64),
      named: [base64(p7.issuer), String(p7.serial)],
      attributes: base64(p7.attributes),
      digest: base64(p7.messageDigest),
      time: p7.signingTime,
      display: base64(p7.display),
      algorithm: p7.algorithm,
      value: base64(p7.value),
      unsigned: p7.isUnsigned,
    };
  },
  xml: (octets) => {
    const document = readXml(octets);
    const last = document.items.findLastIndex(({ kind }) => kind === "start");
    return {
      whole: [false, true].map((isExclusive) => base64(canonicalDocument(document, { isExclusive }))),
      last: [false, true].map((isExclusive) => base64(canonicalElement(document, last, isExclusive))),
    };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { listed, files, at } = JSON.parse(line) as Asked;
  process.stdout.write(`${JSON.stringify(answered(listed, files, at))}\n`);
}

function answered(listed: Asked["listed"], files: Asked["files"], at: number): unknown {
  const octets = (file: string): Uint8Array => fromBase64(files[file]!);
  try {
    return listed.kind === "read" ? READ[listed.as!]!(octets(listed.file)) : judged(listed, octets, at);
  } catch (error) {
    const isRefused = error instanceof Refused || error instanceof FormError || error instanceof PartError;
    return isRefused ? "refused" : String(error);
  }
}
