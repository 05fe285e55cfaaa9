// build.mjs - makes the report's page: one HTML file with script, style and a place for data.
//
//   node build.mjs [OUT]          (default: dist/report.html)
//
// The script travels deflated, which halves the page; a few lines unpack it when the page opens.
// The page's policy (CSP) allows exactly these two scripts and this style, by their hashes, and
// nothing from anywhere else.  The same sources and the same lock file give the same bytes:
// the deflater is a package too, as zlib's bytes differ from one version of node to the next.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { zlibSync } from "fflate";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist", "report.html");

async function bundle(entry) {
  const result = await build({
    entryPoints: [join(here, "src", entry)],
    absWorkingDir: here,
    bundle: true,
    minify: true,
    format: "iife",
    target: ["chrome103", "firefox113", "safari16.4"],
    charset: "utf8",
    legalComments: "none",
    write: false,
  });
  return result.outputFiles[0].text.trim();
}

const hash = (text) => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;

// What the MIT licence asks for: it stays with every copy.
const uplot = JSON.parse(readFileSync(join(here, "node_modules/uplot/package.json"), "utf8"));
const licence = readFileSync(join(here, "node_modules/uplot/LICENSE"), "utf8").trim();
const script = await bundle("main.ts");
const packed = Buffer.from(zlibSync(Buffer.from(script), { level: 9 })).toString("base64");
const loader = `/* faultline's report. Contains uPlot ${uplot.version}:\n${licence}\n*/\n${await bundle("unpack.ts")}`;
const style = await bundle("style.css");
if (/<\/script|<!--/i.test(loader) || /<\/style/i.test(style)) {
  throw new Error("the bundle holds what would end its element");
}
const page = readFileSync(join(here, "src/page.html"), "utf8")
  .replace("@SCRIPT_HASHES@", () => `${hash(loader)} ${hash(script)}`)
  .replace("@STYLE_HASH@", () => hash(style))
  .replace("@STYLE@", () => style)
  .replace("@PACKED@", () => packed)
  .replace("@LOADER@", () => loader);
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, page);
console.log(`${out}: ${Buffer.byteLength(page)} bytes`);
