/**
 * The log's part of a bundle: the signature's entry, rebuilt; the view's entry; time stamps on the
 * checkpoint.
 */

import { toBase64 } from "@mshield/forms";
import { bytes32, concat, hex, equalBytes, sm3, utf8 } from "@mshield/gm";

import type { Certificate } from "./certificate.ts";
import type { Tally } from "./checks.ts";
import { inStep, VerificationError } from "./errors.ts";
import type { Evidence } from "./evidence.ts";
import { checkTimeStamps, type CheckedStamp, trustedTime, type TrustedTime } from "./evidence_time.ts";
import { declaredDisplay, declaredDigest } from "./redrawn_display.ts";
import type { TsaTrust } from "./timestamps/verify.ts";
import { type Cosignature, cosignatures, parseWitnessKey } from "./tlog/cosignature.ts";
import { requesterHash, readViewEntry, requireEntry, signatureEntry } from "./tlog/entry.ts";
import { checkInclusion, leafHash } from "./tlog/merkle.ts";
import {
  type Checkpoint,
  isSameKey,
  openCheckpoint,
  openOwnNote,
  parseCanonicalKey,
  parseVerifierKey,
  type VerifierKey,
} from "./tlog/note.ts";
import type { VerifiedSignature } from "./verify_signature.ts";

/** Times in ms. */
export interface LogResult {
  readonly checkpoint: Checkpoint;
  /** Whether the log signed what belongs to the bundle; false for bundles made before it did. */
  readonly tellsParts: boolean;
  /** Time when the view was registered for the requesting business system; null if the bundle doesn't prove it. */
  readonly viewRegisteredAt: number | null;
  readonly stamps: readonly CheckedStamp[];
  /** Known witnesses that cosigned the checkpoint. */
  readonly witnesses: readonly Cosignature[];
  /** A time by which the log had the entry; null without a valid stamp on the checkpoint. */
  readonly time: TrustedTime | null;
}

export interface LogTrust {
  readonly logKeys: readonly string[];
  /** Keys (vkeys) of trusted witnesses. */
  readonly witnessKeys?: readonly string[];
  readonly tsa: TsaTrust;
  readonly at: number;
  readonly caRoot: Certificate;
}

/**
 * Rebuilds the log entry from the bundle, so that another signature's proof isn't accepted. The entry also covers
 * the requester and the display. Returns null if no log's key is trusted.
 */
export async function checkLog(
  evidence: Evidence,
  verified: VerifiedSignature,
  { logKeys, witnessKeys = [], tsa, at, caRoot }: LogTrust,
  tally: Tally,
): Promise<LogResult | null> {
  if (logKeys.length === 0) {
    tally.missing("log", "unknown_log");
    return null;
  }
  const { log } = evidence;
  const { signedAt } = evidence.signature;
  const [key, checkpoint] = await inStep("log", () => {
    const named = parseCanonicalKey(log.key);
    if (!logKeys.map(parseVerifierKey).some((trusted) => isSameKey(trusted, named))) {
      throw failed("unknown_log", "the log is not trusted");
    }
    const opened = openCheckpoint(log.checkpoint, named);
    checkInclusion(leafHash(log.entry), placeOf(log, opened), log.hashes, opened.root);
    requireEntry(log.entry);
    return [named, opened] as const;
  });
  requireOwn(evidence, verified, tally);
  const viewRegisteredAt = await inStep("log", () => registeredAt(evidence, checkpoint));
  const stamps = await inStep("log", () =>
    checkTimeStamps({
      stamps: log.timeStamps,
      signature: utf8(log.checkpoint),
      inCms: null,
      trust: tsa,
      caRoot,
      signedAt,
      now: at,
    }),
  );
  const witnesses = await inStep("log", () => cosignatures(log.checkpoint, witnessKeys.map(parseWitnessKey)));
  const tellsParts = await inStep("log", () => areItsParts(evidence, key));
  const time = trustedTime(stamps, signedAt);
  const { origin, size: entries, root } = checkpoint;
  tally.passed("log", {
    index: log.index,
    size: entries.toString(),
    origin,
    root: hex(root),
    parts: tellsParts,
  });
  return {
    checkpoint,
    tellsParts,
    viewRegisteredAt,
    stamps,
    witnesses,
    time: time.by === "service" ? null : time,
  };
}

/** Checks the log's note about what belongs to the bundle; false if it has none. */
function areItsParts({ log, parts }: Evidence, key: VerifierKey): boolean {
  if (log.belongs === null) {
    return false;
  }
  if (openOwnNote(log.belongs, key) !== `mshield-belongs/v1\n${toBase64(parts)}\n`) {
    throw failed("bundle_changed", "the log signed another bundle");
  }
  return true;
}

function requireOwn(evidence: Evidence, verified: VerifiedSignature, tally: Tally): void {
  const { document, holder, log, request, signature } = evidence;
  const { r, s } = verified.signature;
  const entry = signatureEntry(
    {
      sid: document.sid,
      uid: log.uid,
      requestId: request.id,
      purpose: request.kind === "login" ? ("login" as const) : ("sign" as const),
      digest: verified.digest,
      signature: concat(bytes32(r), bytes32(s)),
      signedAt: signature.signedAt,
      serial: serialText(verified.path.leaf),
      holder,
      asked: requesterHash(request.system, declaredDisplay(document)),
      shown: declaredDigest(document),
      belongs: log.belongs !== null,
    },
    log.salt,
  );
  if (!equalBytes(entry, log.entry)) {
    throw failed("bad_log_proof", "the entry is not this signature's");
  }
  for (const name of (["display", "request"] as const).filter((part) => tally.isMissing(part))) {
    tally.passed(name, { by: "log" });
  }
}

/** Checks that it was registered for the requester, before the signature, in the same log. */
function registeredAt({ document, log, request, signature }: Evidence, opened: Checkpoint): number | null {
  const { view } = log;
  if (view === null) {
    return null;
  }
  checkInclusion(leafHash(view.entry), placeOf(view, opened), view.hashes, opened.root);
  const entry = readViewEntry(view.entry);
  const isIts =
    entry !== null &&
    document.view !== null &&
    entry.digest === hex(sm3(document.view)) &&
    entry.clientId === request.system.clientId &&
    entry.at <= signature.signedAt;
  if (!isIts) {
    throw failed("bad_log_proof", "the entry is not that of this view's registration");
  }
  return entry.at;
}

function placeOf(
  { index }: { readonly index: number },
  { size }: Checkpoint,
): { index: bigint; size: bigint } {
  return { index: BigInt(index), size };
}

/** Formats as 40 hex digits. */
export function serialText({ serial }: Pick<Certificate, "serial">): string {
  return serial.toString(16).padStart(40, "0");
}

function failed(code: string, message: string): VerificationError {
  return new VerificationError(code, "log", message);
}
