/** Sending a text to somebody else, by the phone's share sheet if there is one, otherwise by copying it. */

import { useClipboard } from "@vueuse/core";
import { readonly, type Ref, ref } from "vue";

export interface SendText {
  /** True if the phone has a share sheet. */
  readonly canShare: Readonly<Ref<boolean>>;
  /** True if the text was just copied. */
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
      // If the user closed the sheet, nothing more is needed. If the browser refused it, copy the text
      // instead.
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
