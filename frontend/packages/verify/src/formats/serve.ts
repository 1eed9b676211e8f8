/**
 * `npm run formats-serve -w packages/verify`: answers cases, one JSON line each, until its input ends, so
 * that other readers can be compared. A case of kind `read` asks how octets are parsed before any signature
 * is checked, one of kind `alone` for the verdict on a standalone part.
 */

import process from "node:process";
import { createInterface } from "node:readline";

import { coveredDigest, FormError, fromBase64, gapIn, toBase64 } from "@mshield/forms";
import { canonicalDocument, canonicalElement, readXml } from "@mshield/forms/xml.ts";

import { verifyCertificate, verifyCrl, verifyOcsp, type Part } from "../standalone/part.ts";
import { checkStamp, readStampFile } from "../standalone/stamp.ts";
import { PartError } from "../errors.ts";
import { parseForeignCertificate } from "../foreign/certificate.ts";
import { parseForeignCrl } from "../foreign/crl.ts";
import { parseForeignOcsp } from "../foreign/ocsp.ts";
import { parseP7 } from "../foreign/p7.ts";
import { privateTexts } from "../foreign/private_texts.ts";
import { shapeOf } from "../foreign/shape.ts";
import { hashed } from "../timestamps/algorithms.ts";
import { parseAnyTsaCertificate } from "../timestamps/foreign.ts";
import { type Facts, factsOfCase, type FormatCase, CaseRefused } from "./run.ts";

/** A case with the octets (base64) of its files, and its moment in ms. */
interface Asked {
  readonly listed: FormatCase & { readonly as?: string };
  readonly files: Readonly<Record<string, string>>;
  readonly at: number;
}

const base64 = (octets: Uint8Array | null): string | null => (octets === null ? null : toBase64(octets));

const READ: Readonly<Record<string, (octets: Uint8Array) => Facts>> = {
  certificate: (octets) => {
    const { serial, issuer, subject, notBefore, notAfter, values, extensions } =
      parseForeignCertificate(octets);
    return {
      serial: String(serial),
      names: [issuer.attributes, subject.attributes],
      life: [notBefore, notAfter],
      keys: [base64(values.ski), base64(values.aki)],
      ca: [values.isCa, values.pathLength === null ? null : String(values.pathLength)],
      uses: values.keyUsage === null ? null : [...values.keyUsage],
      purposes: values.purposes,
      crls: values.crlUrls,
      ocsps: values.ocspUrls,
      private: privateTexts(extensions),
      critical: values.unknownCritical,
    };
  },
  crl: (octets) => {
    const { version, number, issuer, aki, thisUpdate, nextUpdate, points, revoked } = parseForeignCrl(octets);
    return {
      version,
      number: number === null ? null : String(number),
      issuer: issuer.attributes,
      aki: base64(aki),
      updates: [thisUpdate, nextUpdate],
      points,
      revoked: [...revoked].map(([serial, { at, reason }]) => [String(serial), at, reason]),
    };
  },
  gap: (octets) => {
    const end = 2 + ((octets[0] ?? 0) << 8) + (octets[1] ?? 0);
    const [content, update] = [octets.subarray(2, end), octets.subarray(end)];
    return { gap: gapIn(content, update), covered: base64(coveredDigest(content, update)) };
  },
  ocsp: (octets) => {
    const { byName, responder, producedAt, singles, certificates } = parseForeignOcsp(octets);
    return {
      produced_at: producedAt,
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
  shape: (octets) => ({ shape: shapeOf(octets) }),
  tsa: (octets) => {
    const { serial, issuer, subject, notBefore, notAfter, profile, values, signedWith, isStrict } =
      parseAnyTsaCertificate(octets);
    return {
      serial: String(serial),
      names: [issuer.attributes, subject.attributes],
      life: [notBefore, notAfter],
      profile,
      algorithm: signedWith,
      strict: isStrict,
      ca: [values.isCa, values.pathLength === null ? null : String(values.pathLength)],
      purposes: values.purposes,
      critical: values.unknownCritical,
    };
  },
  tsp: (octets) => {
    const token = readStampFile(octets);
    const { arc, info, signer, certificates, digestAlgorithm, messageDigest, named, signed } = token;
    return {
      arc,
      policy: info.policy,
      hash: info.hash,
      digest: base64(info.digest),
      serial: String(info.serial),
      at: info.at,
      accuracy: info.accuracy === null ? null : String(info.accuracy),
      nonce: info.nonce === null ? null : String(info.nonce),
      signer: base64(signer.der),
      strict: certificates.map(({ isStrict }) => isStrict),
      algorithms: [digestAlgorithm, token.signatureAlgorithm],
      message: base64(messageDigest),
      named: [named[0], base64(named[1])],
      signed: base64(signed),
      signature: base64(token.signature),
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

/** Returns the verdict on a standalone part under these roots, with these further certificates. */
function alone(
  { as, file, ...more }: Asked["listed"],
  octets: (file: string) => Uint8Array,
  at: number,
): Facts {
  const all = (name: string): Uint8Array[] => ((more[name] ?? []) as readonly string[]).map(octets);
  if (as === "tsp") {
    const token = readStampFile(octets(file));
    const [data] = all("data");
    const digest = data === undefined ? null : hashed(token.info.hash, data);
    const roots = all("roots").map(parseAnyTsaCertificate);
    const isStrict = more["strict"] === true;
    const trust = { roots: isStrict ? roots : [], tolerant: isStrict ? [] : roots };
    return { verdict: checkStamp(token, digest, trust, at)[1] };
  }
  const known = {
    others: all("others").map(parseForeignCertificate),
    roots: all("roots").map(parseForeignCertificate),
    at,
    crls: all("crls"),
    ocsp: all("ocsp")[0] ?? null,
  };
  const der = octets(file);
  const verifiers: Readonly<Record<string, () => Part>> = {
    certificate: () => verifyCertificate(parseForeignCertificate(der), known),
    crl: () => verifyCrl(parseForeignCrl(der), known),
    ocsp: () => verifyOcsp(parseForeignOcsp(der), known),
  };
  const { verdict, by } = verifiers[as!]!();
  return { verdict, by };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { listed, files, at } = JSON.parse(line) as Asked;
  process.stdout.write(`${JSON.stringify(answered(listed, files, at))}\n`);
}

function answered(listed: Asked["listed"], files: Asked["files"], at: number): unknown {
  const octets = (file: string): Uint8Array => fromBase64(files[file]!);
  try {
    if (listed.kind === "alone") {
      return alone(listed, octets, at);
    }
    return listed.kind === "read" ? READ[listed.as!]!(octets(listed.file)) : factsOfCase(listed, octets, at);
  } catch (error) {
    const isRefused =
      error instanceof CaseRefused || error instanceof FormError || error instanceof PartError;
    return isRefused ? "refused" : String(error);
  }
}
