/** The app's words, in the language that its user prefers. A screen brings its own beside them: `useWords(words)`. */

import { makeWords } from "@mshield/look/vue/words.ts";

import { settings } from "../settings.ts";
import { shared } from "./shared.ts";

export const i18n = makeWords(() => settings.language, shared);
