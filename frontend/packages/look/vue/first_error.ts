/** Focus on the first invalid field of a refused form. */

import { nextTick } from "vue";

/** Focuses the first invalid field in `form`, once its error is shown; false if there is none. */
export async function focusFirstError(form: HTMLElement | null): Promise<boolean> {
  await nextTick();
  const field = form?.querySelector<HTMLElement>('[aria-invalid="true"], [data-invalid]');
  field?.focus();
  return field instanceof HTMLElement;
}
