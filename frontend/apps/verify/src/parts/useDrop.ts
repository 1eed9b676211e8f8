/**
 * Accepts files dropped anywhere on the page, so that a missed field doesn't replace the page with the file.
 */

import { useEventListener } from "@vueuse/core";
import { ref, type Ref } from "vue";

import { add } from "../engine/verification.ts";

export function useDrop(): { isOver: Ref<boolean> } {
  const isOver = ref(false);
  useEventListener(document, "dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) {
      event.preventDefault();
      isOver.value = true;
    }
  });
  useEventListener(document, "dragleave", (event) => {
    isOver.value = event.relatedTarget !== null;
  });
  useEventListener(document, "drop", (event) => {
    event.preventDefault();
    isOver.value = false;
    add(event.dataTransfer?.files ?? []);
  });
  return { isOver };
}
