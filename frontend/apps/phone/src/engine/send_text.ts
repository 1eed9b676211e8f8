/** Giving a text to somebody else: by the phone's own sheet where it has one, else by copying it. */

import { useClipboard } from "@vueuse/core";
import { readonly, type Ref, ref } from "vue";

export interface SendText {
  /** The phone has a sheet of its own for that. */
  readonly canShare: Readonly<Ref<boolean>>;
  /** It was copied just now. */
  readonly isCopied: Readonly<Ref<boolean>>;
  copy(text: string): Promise<void>;
  send(text: string): Promise<void>;
}

export function useSendText(): SendText {
  const { copy, copied } = useClipboard({ legacy: true, copiedDuring: 4000 });
  const canShare = ref(typeof navigator.share === "function" && canGive({ text: "MS" }));

  async function send(text: string): Promise<void> {
    if (!canShare.value) {
      await copy(text);
      return;
    }
    try {
      await navigator.share({ text });
    } catch (error) {
      // Closed by the user: nothing to say. Refused by the browser: then it is copied.
      if (!(error instanceof DOMException && error.name === "AbortError")) {
        canShare.value = false;
        await copy(text);
      }
    }
  }

  return { canShare: readonly(canShare), isCopied: copied, copy, send };
}

function canGive(data: ShareData): boolean {
  return typeof navigator.canShare !== "function" || navigator.canShare(data);
}
