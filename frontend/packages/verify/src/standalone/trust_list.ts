/**
 * Time stamping authorities that a trust list (`mshield trust`) trusts: its `tsa_roots`, and the waived
 * authorities.
 */

import { FormError, fromBase64, utf8Text } from "@mshield/forms";
import { hex } from "@mshield/gm";
import { sha256 } from "@noble/hashes/sha2.js";

import { parseTsaCertificate } from "../timestamps/certificate.ts";
import { parseAnyTsaCertificate } from "../timestamps/foreign.ts";
import type { TsaTrust } from "../timestamps/verify.ts";

const TYPE = "mshield-trust/v1";
const MAX_LIST = 4 * 1024 * 1024;
const MOST = 1000;
const SHA256 = /^[0-9a-f]{64}$/;

type Members = Readonly<Record<string, unknown>>;

/**
 * Reads a list's JSON, ignoring roots of signers. Throws: FormError, and TimeStampError if a root can't be
 * read as declared.
 */
export function tsaTrustOf(data: Uint8Array): Required<TsaTrust> {
  const listed = data.length > MAX_LIST ? null : membersOf(data);
  if (listed === null || listed["type"] !== TYPE) {
    throw new FormError(`no ${TYPE}`);
  }
  const entries = entriesOf(listed["tsa_roots"]).map(readRoot);
  const waived = entriesOf(listed["tsa_waived"]).map(readWaiver);
  return {
    roots: entries.filter(({ isStrict }) => isStrict).map(({ root }) => root),
    tolerant: entries.filter(({ isStrict }) => !isStrict).map(({ root }) => root),
    waived,
  };
}

function membersOf(data: Uint8Array): Members | null {
  try {
    const value: unknown = JSON.parse(utf8Text(data));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : null;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return null;
    }
    throw error;
  }
}

function entriesOf(value: unknown): Members[] {
  if (value === undefined) {
    return [];
  }
  if (!Array.isArray(value) || value.length > MOST) {
    throw new FormError("a list of another form");
  }
  return value.map((entry: unknown) => {
    if (typeof entry !== "object" || entry === null) {
      throw new FormError("an entry of another form");
    }
    return entry as Members;
  });
}

function readRoot({ read, sha256: named, certificate }: Members): {
  readonly root: ReturnType<typeof parseTsaCertificate>;
  readonly isStrict: boolean;
} {
  if ((read !== "strict" && read !== "tolerant") || typeof certificate !== "string") {
    throw new FormError("a root of another form");
  }
  const der = fromBase64(certificate);
  if (hex(sha256(der)) !== named) {
    throw new FormError("a root is not the one of its SHA-256");
  }
  const isStrict = read === "strict";
  return { root: isStrict ? parseTsaCertificate(der) : parseAnyTsaCertificate(der), isStrict };
}

function readWaiver({ sha256: named }: Members): string {
  if (typeof named !== "string" || !SHA256.test(named)) {
    throw new FormError("a waiver names no SHA-256");
  }
  return named;
}
