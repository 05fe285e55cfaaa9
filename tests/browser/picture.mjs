// picture.mjs - takes the picture of the report that README.md and docs/report.md show.
//
//   node picture.mjs FAULTLINE [OUT]      (default: docs/report.png)
//
// No test: fonts differ from machine to machine, so it is taken by hand when the page has changed,
// and looked at.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const [program, out = join(here, "../../docs/report.png")] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "faultline-picture-"));
const report = join(folder, "report.html");
execFileSync(program, ["run", join(here, "picture.json"), "--quiet", "--report", report]);

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ viewport: { width: 1200, height: 1536 }, colorScheme: "light" });
await page.goto(pathToFileURL(report).href);
await page.waitForSelector("html[data-ready]");
await page.waitForTimeout(500);
await page.screenshot({ path: out });
await browser.close();
rmSync(folder, { recursive: true });
