import { defineConfig } from "vite";

import { deskApp } from "../../packages/desk/vite.ts";
import { look } from "../../packages/look/vite.ts";

// The icons are what the web component draws with.
export default defineConfig(deskApp("portal", look({ icons: ["scan", "pin", "clock", "stop", "wifi-off"] })));
