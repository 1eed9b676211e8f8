/**
 * Texts about a request that this phone has already signed: that it did, when, and links to the signatures.
 */

import { honestValue } from "@mshield/look/honest_text.ts";
import { isSameDay, moment, time } from "@mshield/look/vue/dates.ts";
import { useWords } from "@mshield/look/vue/words.ts";
import type { OwnDocument, OwnSignature } from "@mshield/shield";
import { computed, type ComputedRef } from "vue";

import { signedTitle } from "../../../parts/names.ts";
import { words } from "./words.ts";

export interface SignedBefore {
  readonly title: string;
  readonly text: string;
  /** Path of the one signature, or of all own signatures; null if they don't include it. */
  readonly to: string | null;
  readonly see: string;
  /** For several documents, all that were signed. */
  readonly documents: readonly {
    readonly title: string;
    /** The business system's title, if no view drew the content. */
    readonly said: string | null;
    readonly to: string;
  }[];
}

export function useSignedBefore(own: () => OwnSignature): ComputedRef<SignedBefore> {
  const { t } = useWords(words);
  return computed(() => {
    const { kind, documents, businessName, signedAt } = own();
    const nameOf = (one: OwnDocument): string =>
      honestValue(signedTitle({ ...one, kind, businessName }, one.drawn, t));
    const [first, ...others] = documents;
    const { sid } = first;
    const count = documents.length;
    const system = businessName === null ? t("theSystem") : honestValue(businessName);
    const isLogin = kind === "login";
    const name = isLogin ? "login" : others.length > 0 ? "many" : "signed";
    const when = signedAt === null ? "" : isSameDay(signedAt, Date.now()) ? time(signedAt) : moment(signedAt);
    return {
      title: t(signedAt === null ? name : `${name}At`, { system, when, count }),
      text: t(`${name}Text`, { system, title: nameOf(first), count }),
      to: sid === null ? null : others.length > 0 ? "/me/signatures" : `/me/signatures/${sid}`,
      see: t(isLogin ? "seeLogin" : others.length > 0 ? "seeMany" : "see"),
      documents:
        others.length > 0
          ? documents.map((one) => ({
              title: nameOf(one),
              said: one.drawn === null ? honestValue(one.title) : null,
              to: `/me/signatures/${one.sid ?? ""}`,
            }))
          : [],
    };
  });
}
