/** What is said of a request that this phone has signed before: that it did, when, and the way to the signature. */

import { honestValue } from "@mshield/look/honest_text.ts";
import { isSameDay, moment, time } from "@mshield/look/vue/dates.ts";
import { useWords } from "@mshield/look/vue/words.ts";
import type { OwnSignature } from "@mshield/shield";
import { computed, type ComputedRef } from "vue";

import { words } from "./words.ts";

export interface SignedBefore {
  readonly title: string;
  readonly text: string;
  /** Null where "my signatures" doesn't list it. */
  readonly to: string | null;
  readonly see: string;
}

export function useSignedBefore(own: () => OwnSignature): ComputedRef<SignedBefore> {
  const { t } = useWords(words);
  return computed(() => {
    const { sid, kind, title, businessName, signedAt } = own();
    const system = businessName === null ? t("theSystem") : honestValue(businessName);
    const isLogin = kind === "login";
    const name = isLogin ? "login" : "signed";
    const when = signedAt === null ? "" : isSameDay(signedAt, Date.now()) ? time(signedAt) : moment(signedAt);
    return {
      title: t(signedAt === null ? name : `${name}At`, { system, when }),
      text: t(`${name}Text`, { system, title: honestValue(title) }),
      to: sid === null ? null : `/me/signatures/${sid}`,
      see: t(isLogin ? "seeLogin" : "see"),
    };
  });
}
