import { defineConfig } from "vite";

import { deskApp } from "../../packages/desk/vite.ts";

export default defineConfig(deskApp("register"));
