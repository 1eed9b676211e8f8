/** Where a form was refused, the focus goes to the first field that is wrong. */

import { nextTick } from "vue";

/** Focuses the first wrong field in `form`, once its error stands there; false where there is none. */
export async function focusFirstError(form: HTMLElement | null): Promise<boolean> {
  await nextTick();
  const field = form?.querySelector<HTMLElement>('[aria-invalid="true"], [data-invalid]');
  field?.focus();
  return field instanceof HTMLElement;
}
