import { defineConfig } from "@playwright/test";

const url = `http://127.0.0.1:${process.env.FRONT_PORT ?? 4173}`;
// CHROMIUM is the path of a browser that is there already; without it, it is the one of `npx playwright install chromium`.
const browser = process.env.CHROMIUM && { launchOptions: { executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] } };

export default defineConfig({
  testMatch: "*.spec.mjs",
  webServer: { command: "node front.mjs", url },
  use: { baseURL: url, ...browser },
});
