import { defineConfig } from "vite";

import { deskApp } from "../../packages/desk/vite.ts";
import { look } from "../../packages/look/vite.ts";

// The icons used by the web component.
export default defineConfig(deskApp("portal", look({ icons: ["scan", "pin", "clock", "stop", "wifi-off"] })));
