/** The words of pages at a desk, in the language that their reader prefers. */

import { makeWords } from "@mshield/look/vue/words.ts";

import { settings } from "./settings.ts";
import { shared } from "./words.ts";

export const i18n = makeWords(() => settings.language, shared);
