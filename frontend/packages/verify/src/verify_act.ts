/**
 * Checks that an administrator's act is in the transparency log: its row, its entry, the tree, the signed
 * checkpoint.
 *
 * The same as `mshield log verify --proof`; a module of its own, since a page that shows acts needs nothing
 * else.
 */

import { fromBase64 } from "@mshield/forms";
import { equalBytes, unhex } from "@mshield/gm";

import { actEntry, type ActRow } from "./tlog/entry.ts";
import { checkInclusion, leafHash } from "./tlog/merkle.ts";
import { openCheckpoint, parseVerifierKey } from "./tlog/note.ts";

const SALT_BYTES = 32;

/** The file `mshield-act-proof/v1`; entry and hashes in base64, the salt in hex. */
export interface ActProof {
  readonly act: ActRow;
  readonly salt: string;
  readonly proof: {
    readonly entry: string;
    readonly index: number;
    readonly hashes: readonly string[];
    readonly checkpoint: string;
  };
}

export type ActStep = "row" | "tree" | "checkpoint";

export interface ActVerdict {
  /** Each step and whether it passed. */
  readonly steps: Readonly<Record<ActStep, boolean>>;
  readonly holds: boolean;
  /** Number of entries under the checkpoint; null if it can't be read. */
  readonly size: number | null;
}

/** Verifies a proof by the log's key (vkey). Never throws: what can't be read doesn't pass. */
export function verifyAct({ act, salt, proof }: ActProof, vkey: string): ActVerdict {
  const row = holds(() => equalBytes(actEntry(act, unhex(salt, SALT_BYTES)), fromBase64(proof.entry)));
  const checkpoint = read(() => openCheckpoint(proof.checkpoint, parseVerifierKey(vkey)));
  const tree =
    checkpoint !== null &&
    holds(() => {
      const place = { index: BigInt(proof.index), size: checkpoint.size };
      checkInclusion(
        leafHash(fromBase64(proof.entry)),
        place,
        proof.hashes.map((hash) => fromBase64(hash)),
        checkpoint.root,
      );
      return true;
    });
  const steps = { row, tree, checkpoint: checkpoint !== null };
  return {
    steps,
    holds: row && tree && checkpoint !== null,
    size: checkpoint === null ? null : Number(checkpoint.size),
  };
}

function holds(work: () => boolean): boolean {
  return read(work) ?? false;
}

function read<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
