/** Words of desk pages, in the user's preferred language. */

import { makeWords } from "@mshield/look/vue/words.ts";

import { settings } from "./settings.ts";
import { shared } from "./words.ts";

export const i18n = makeWords(() => settings.language, shared);
