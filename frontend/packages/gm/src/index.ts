/** SM2, SM3 and the phone's side of `MSHIELD/v1`; no DOM, only WebCrypto. */

export { bytes32, concat, hex, number, equalBytes, unhex, utf8 } from "./bytes.ts";
export { checkPoint, randomScalar } from "./curve.ts";
export { GmError, type GmCode } from "./errors.ts";
export { derivePinKey, hide, keyedHash, mask, PIN_FORM, PIN_ROUNDS, reveal, type KeyedHash } from "./mask.ts";
export {
  checkAnswer,
  checkNonce,
  commit,
  finish,
  nextShare,
  offerKey,
  type HalfSignature,
  type Offer,
  type PhoneNonce,
} from "./phone.ts";
export type { Proof } from "./proofs.ts";
export { parseScalar, scalarBytes } from "./scalars.ts";
export { digest, fromDer, sameSignature, toDer, verifyDigest, type Signature, zValue } from "./sm2.ts";
export { Sm3, sm3 } from "./sm3.ts";
export {
  finishHash,
  internalMessage,
  isInternalMessage,
  PROTOCOL,
  renewalMessage,
  type UnlockOf,
  unlockSid,
} from "./transcript.ts";
