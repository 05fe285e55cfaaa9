// browser.mjs - what a reader does with a report, done by headless Chromium.
//
//   node browser.mjs FAULTLINE CASE      CASE: run, sizes, pair, tables, heap, kinds, huge
//
// FAULTLINE makes the reports.  Each case opens pages from disk and ends with 0 if all is as it
// should be; 77 if there is no Chromium or its driver is not installed, and says so (1 if the
// environment has FAULTLINE_BROWSER=needed).
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const labs = join(here, "../../workloads/labs");
const [program, wanted] = process.argv.slice(2);

function skip(why) {
  console.log(`skipped: ${why}`);
  process.exit(process.env.FAULTLINE_BROWSER === "needed" ? 1 : 77);
}

if (Number.parseInt(process.versions.node, 10) < 20) skip("the browser's driver needs node 20");
const chromiumPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
if (!chromiumPath) skip("there is no Chromium (Debian package chromium)");
if (!existsSync(join(here, "node_modules/playwright-core"))) {
  skip("npm packages are not installed (npm ci in tests/browser)");
}
const { chromium } = await import("playwright-core");
const axe = readFileSync(join(here, "node_modules/axe-core/axe.min.js"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "faultline-browser-"));

// ---- reports -----------------------------------------------------------------------------------

function faultline(...words) {
  const done = spawnSync(program, words, { encoding: "utf8" });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}
function report(name, ...words) {
  const path = join(folder, `${name}.html`);
  faultline(...words, "--report", path);
  return path;
}

// ---- pages -------------------------------------------------------------------------------------

const browser = await chromium.launch({
  executablePath: chromiumPath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});

// A page that must not complain, fetch anything, or open a dialogue.
async function open(path, options = {}) {
  const { axe: withAxe, ...rest } = options;
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...rest });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (m) => complaints.push(m.text()));
  page.on("pageerror", (e) => complaints.push(e.message));
  page.on("dialog", (d) => {
    complaints.push(`dialogue: ${d.message()}`);
    void d.dismiss();
  });
  page.on("request", (r) => {
    if (!/^(file|data|blob):/.test(r.url())) complaints.push(`request of ${r.url()}`);
  });
  const start = Date.now();
  await page.goto(pathToFileURL(path).href);
  await page.waitForSelector("html[data-ready]", { timeout: 20000 });
  const took = Date.now() - start;
  return {
    page,
    took,
    async close() {
      assert.deepEqual(complaints, []);
      await context.close();
    },
  };
}

async function checkAccessible(page, what, part = "html") {
  await page.evaluate(axe); // from outside: the page's own policy would not let it in
  const result = await page.evaluate((part) => globalThis.axe.run(part, { resultTypes: ["violations"] }), part);
  const found = result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(" | ")}`);
  assert.deepEqual(found, [], `axe on ${what}`);
}

const clock = (page) => page.locator(".clock").textContent();
const panelOf = (page, title) =>
  page.locator("section.panel").filter({ has: page.getByRole("heading", { name: title, exact: true }) });

// The row of a counter in the table of numbers.
async function counter(page, name) {
  const row = panelOf(page, "Numbers").locator("tr").filter({ has: page.locator("th code", { hasText: new RegExp(`^${name}$`) }) });
  return Number((await row.locator("td").first().textContent()).replaceAll(",", ""));
}

// ---- cases -------------------------------------------------------------------------------------

const workload = join(here, "workload.json");

async function caseRun() {
  const path = report("run", "run", workload, "-q");
  const stats = JSON.parse(faultline("run", workload, "--format", "json"));
  const { page, close } = await open(path);

  // Names are text.
  assert.ok((await page.title()).startsWith("</script>"));
  assert.equal(await page.locator("h1").textContent(), stats.name);
  assert.equal(await page.locator("main img, main b").count(), (await page.locator(".tree b").count()));

  // The numbers are those of stats.json.
  for (const name of ["minflt", "majflt", "pswpin", "pswpout", "evictions", "loads", "stores", "idle_ns"]) {
    assert.equal(await counter(page, name), stats.machine.counters[name], name);
  }
  const majors = page.locator(".cards > div").filter({ hasText: "major faults" }).locator("strong");
  assert.equal(await majors.textContent(), stats.machine.counters.majflt.toLocaleString("en-US"));

  // Faults by kind: those that came, and no others.
  const kinds = await panelOf(page, "Page faults over time").locator(".u-legend th").allTextContents();
  assert.deepEqual(kinds.map((k) => k.replace(":", "")), ["time", "major", "demand zero"]);

  // Scrub: with the keyboard, with the pointer, by playing.
  const slider = page.getByRole("slider", { name: "Virtual time" });
  await slider.focus();
  await page.keyboard.press("Home");
  assert.match(await clock(page), /^0 ns/);
  await page.keyboard.press("ArrowRight");
  const second = await clock(page);
  assert.doesNotMatch(second, /^0 ns/);
  await page.keyboard.press("ArrowLeft");
  assert.match(await clock(page), /^0 ns/);
  assert.match(await panelOf(page, "Frames").locator(".figures").textContent(), /48 zeroed/);
  const track = await slider.boundingBox();
  await page.mouse.click(track.x + track.width / 2, track.y + track.height / 2);
  const middle = await clock(page);
  assert.notEqual(middle, second);
  await page.keyboard.press("Home");
  await page.getByRole("button", { name: "Play (space)" }).click();
  await page.waitForFunction(() => !document.querySelector(".clock").textContent.startsWith("0 ns"));
  await page.getByRole("button", { name: "Pause (space)" }).click();

  // A click on a chart sets the time, a drag zooms, and it zooms back.
  const plot = page.locator(".u-over").first();
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  await page.mouse.click(box.x + box.width * 0.3, box.y + 40);
  const [now, whole] = (await clock(page)).split(" / ");
  assert.ok(now !== whole && now !== "0 ns", now);
  await page.mouse.move(box.x + box.width * 0.2, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.4, box.y + 60, { steps: 4 });
  await page.mouse.up();
  assert.ok(await page.locator(".view").isVisible());
  await page.keyboard.press("0");
  assert.ok(await page.locator(".view").isHidden());
  await page.keyboard.press("+");
  assert.ok(await page.locator(".view").isVisible());
  await page.getByRole("button", { name: "Show all of the run (0)" }).click();

  // The frame map in words, by keyboard.
  await page.keyboard.press("End");
  await slider.focus();
  await page.keyboard.press("PageDown");
  const frames = panelOf(page, "Frames");
  await frames.getByRole("application").focus();
  await page.keyboard.press("ArrowRight");
  assert.match(await frames.locator(".tell").textContent(), /^Frame 1: /);
  for (const mode of ["owner", "age", "state"]) await frames.locator("select").selectOption(mode);

  // The page table opens and closes from the root, and shows bits.
  await page.locator(".process select").selectOption({ label: "database" });
  const tree = page.getByRole("tree");
  const root = tree.getByRole("treeitem").first();
  await root.focus();
  await page.keyboard.press("ArrowLeft");
  assert.equal(await tree.getByRole("treeitem").count(), 1);
  for (let i = 0; i < 4; i++) {
    await page.keyboard.press("ArrowRight"); // opens
    await page.keyboard.press("ArrowRight"); // goes in
  }
  assert.ok((await tree.locator(".pte").count()) > 10);
  const entry = tree.locator("li", { has: page.locator(".unseen", { hasText: "present in frame" }) }).last();
  assert.match(await entry.locator(".entry").textContent(), /^entry \d+$/);
  assert.match(await entry.locator(".unseen").textContent(), /^present in frame \d+: /);
  assert.equal(await entry.locator(".bit.on", { hasText: /^P$/ }).count(), 1);
  await root.locator("> .row").click();
  assert.equal(await root.getAttribute("aria-expanded"), "false");

  // A cell of the address space leads to its entry.
  const strip = page.locator(".strip .grid").first();
  await strip.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  assert.ok((await tree.locator(".pte").count()) > 10);

  // The heap: blocks and links in words and in a table.
  await page.locator(".process select").selectOption("1");
  await slider.focus();
  await page.keyboard.press("Home");
  const heap = panelOf(page, "Heap").filter({ has: page.locator(".heap") });
  while (!/fragmentation/.test(await heap.locator(".figures").textContent())) {
    assert.doesNotMatch(await clock(page), new RegExp(`^${whole} /`));
    await page.keyboard.press("ArrowRight");
  }
  // Mappings by their names.
  const mappings = await page.locator(".strip:visible h3").allTextContents();
  assert.ok(mappings.some((m) => /^heap rw-/.test(m)), mappings.join());
  assert.match(mappings[mappings.length - 1], /^stack rw-/);
  await heap.getByRole("application").focus();
  await page.keyboard.press("ArrowRight");
  assert.match(await heap.locator(".tell").textContent(), /^Block at 0x\w+: [\d,]+ bytes, /);
  await heap.locator("summary").click();
  await heap.locator("tbody tr").first().waitFor();
  const blocks = Number((await heap.locator(".figures").textContent()).match(/([\d,]+) blocks/)[1]);
  assert.equal(await heap.locator("tbody tr").count(), Math.min(blocks, 25));

  // The fault table: search, and a row sets the time.
  const faults = panelOf(page, "Page faults").filter({ has: page.getByRole("searchbox") });
  const all = stats.machine.counters.pgfault;
  assert.match(await faults.locator(".figures").textContent(), new RegExp(`^${all.toLocaleString("en-US")} shown`));
  await faults.getByRole("searchbox").fill("read from swap");
  const major = stats.machine.counters.majflt.toLocaleString("en-US");
  assert.match(await faults.locator(".figures").textContent(), new RegExp(`^${major} shown`));
  const before = await clock(page);
  await faults.locator("tbody button").nth(5).click();
  assert.notEqual(await clock(page), before);
  await faults.getByRole("searchbox").fill("no such thing");
  assert.match(await faults.locator(".figures").textContent(), /^0 shown/);
  await close();
}

async function caseSizes() {
  const path = report("sizes", "run", workload, "-q");
  const sizes = [
    [360, 740, "light", true],
    [820, 1180, "dark", true],
    [1280, 800, "dark", false],
    [1920, 1080, "light", false],
  ];
  for (const [width, height, colorScheme, hasTouch] of sizes) {
    const { page, close } = await open(path, { viewport: { width, height }, colorScheme, hasTouch });
    const what = `${width} x ${height}, ${colorScheme}`;
    await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `${what}: ${overflow} px too wide`);
    if (hasTouch) {
      const before = await clock(page);
      await page.locator(".track input").tap({ position: { x: 40, y: 20 } });
      assert.notEqual(await clock(page), before);
    }
    await checkAccessible(page, what);
    // A window made narrower: nothing keeps its old width.
    await page.setViewportSize({ width: Math.floor(width * 0.75), height });
    await page.waitForFunction(() =>
      [...document.querySelectorAll("canvas")].every((c) => c.getBoundingClientRect().right <= innerWidth),
    );
    await page.emulateMedia({ media: "print" });
    assert.ok(await page.locator(".timeline").isHidden());
    await close();
  }
}

async function casePair() {
  const lab = join(labs, "swapping.json");
  const [a, b, both] = ["a", "b", "both.html"].map((n) => join(folder, n));
  faultline("run", lab, "-q", "-o", a);
  faultline("run", lab, "-q", "-o", b, "--frames", "56");
  faultline("report", a, b, both);
  const { page, close } = await open(both);
  const statsOf = (name) => JSON.parse(readFileSync(join(name, "stats.json"), "utf8"));
  const row = panelOf(page, "What differs").locator("tr").filter({ has: page.locator("th code", { hasText: /^evictions$/ }) });
  const shown = (await row.locator("td").allTextContents()).slice(0, 2).map((t) => Number(t.replaceAll(",", "")));
  assert.deepEqual(shown, [a, b].map((n) => statsOf(n).machine.counters.evictions));
  assert.equal(await page.locator("article").count(), 2);
  await checkAccessible(page, "two runs");
  await close();

  // The second run from another report's file, chosen in the page.
  const [one, other] = [join(folder, "one.html"), join(folder, "other.html")];
  faultline("report", a, one);
  faultline("report", b, other);
  const second = await open(one);
  await second.page.locator("input[type=file]").setInputFiles(other);
  await second.page.waitForSelector("article");
  assert.equal(await second.page.locator("article").count(), 2);
  await second.page.locator("input[type=file]").setInputFiles(workload);
  await second.page.getByRole("alert").filter({ hasText: "workload.json" }).waitFor();
  await second.close();
}

async function caseTables() {
  const belady = join(labs, "belady-fifo.json");
  const compare = report("compare", "compare", belady, "--policy", "fifo,lru,opt", "--memory", "1..6");
  const first = await open(compare);
  assert.ok((await first.page.locator(".anomaly").count()) >= 1);
  assert.match(await panelOf(first.page, "Belady’s anomaly").textContent(), /fifo: 9 faults with 3 frames, 10 with 4/);
  const stars = await panelOf(first.page, "Page faults, policies by memory").locator("td", { hasText: "★" }).allTextContents();
  assert.deepEqual(stars, ["9 ★", "8 ★"]); // of 3 and 4 frames; opt is no contender
  await first.page.locator("select").selectOption("time_ns");
  await checkAccessible(first.page, "a comparison");
  await first.close();

  const curve = report("curve", "curve", join(labs, "silberschatz.json"));
  const second = await open(curve);
  const numbers = JSON.parse(faultline("curve", join(labs, "silberschatz.json"), "--format", "json"));
  const cells = await panelOf(second.page, "Page faults by memory").locator(".paged tbody tr").nth(2).locator("td").allTextContents();
  assert.deepEqual(cells.map((t) => Number.parseInt(t, 10)), numbers.curves.map((c) => c.faults[2]));
  await checkAccessible(second.page, "curves");
  await second.close();
}

// A column as sim/output/column.c writes it.
function column(values) {
  const bytes = [];
  let last = 0;
  for (const value of values) {
    let zigzag = value >= last ? 2 * (value - last) : 2 * (last - value) - 1;
    for (; zigzag >= 128; zigzag = Math.floor(zigzag / 128)) bytes.push((zigzag % 128) + 128);
    bytes.push(zigzag);
    last = value;
  }
  return { n: values.length, z: deflateSync(Buffer.from(bytes)).toString("base64") };
}

// Lists by name and flags in headers, as explain tells them.
async function caseHeap() {
  const path = report("heap", "run", join(here, "heap.json"), "-q");
  const { page, close } = await open(path);
  const heap = panelOf(page, "Heap").filter({ has: page.locator(".heap") });
  const names = async () => (await heap.locator(".lists strong").allTextContents()).join(", ");
  await page.getByRole("slider", { name: "Virtual time" }).focus();
  await page.keyboard.press("Home");
  for (let i = 0; i < 64 && !/unsorted/.test(await names()); i++) await page.keyboard.press("ArrowRight");
  assert.equal(await names(), "tcache 48, fastbin 48, unsorted, top");

  // A button picks the blocks of one list out: the picture changes, and changes back.
  const picture = () => heap.locator("canvas").evaluate((canvas) => canvas.toDataURL());
  const plain = await picture();
  const tcache = heap.getByRole("button", { name: "tcache 48 7 blocks, 336 B" });
  await tcache.click();
  assert.equal(await tcache.getAttribute("aria-pressed"), "true");
  assert.notEqual(await picture(), plain);
  await checkAccessible(page, "a picked list", ".lists");
  await tcache.click();
  assert.equal(await tcache.getAttribute("aria-pressed"), "false");
  assert.equal(await picture(), plain);

  // In words, and in the table.
  assert.match(await heap.textContent(), /P the block before is in use, M a mapping of its own/);
  await heap.locator("summary").click();
  await heap.locator("tbody tr").first().waitFor();
  const rows = await heap.locator("tbody tr").evaluateAll((all) => all.map((r) => [...r.cells].map((c) => c.textContent)));
  assert.equal(rows.filter((r) => r[3] === "fastbin 48" && r[4] === "P").length, 2);
  await heap.getByRole("application").focus();
  for (let i = 0; i <= rows.findIndex((r) => r[3] === "unsorted"); i++) await page.keyboard.press("ArrowRight");
  assert.match(await heap.locator(".tell").textContent(), /free, on the list unsorted, .*; flag P \(the block before is in use\);/);
  await close();
}

// A million samples, many more than the simulator ever writes.
async function caseHuge() {
  const path = report("small", "run", join(labs, "first-touch.json"), "-q");
  const html = readFileSync(path, "utf8");
  const mark = 'id="faultline-data">';
  const start = html.indexOf(mark) + mark.length;
  const end = html.indexOf("</script>", start);
  const data = JSON.parse(html.slice(start, end));
  const part = data.parts[0];
  const count = 1_000_000;
  const duration = part.stats.machine.time_ns;
  const grow = (scale) => column(Array.from({ length: count }, (_, i) => Math.floor((i * scale) / count)));
  const wave = column(Array.from({ length: count }, (_, i) => 100 + Math.round(90 * Math.sin(i / 30000)) + (i % 7)));
  for (const name of Object.keys(part.series)) if (part.series[name].z) part.series[name] = wave;
  for (const name of ["minflt", "majflt", "pgfault", "zfod", "zero_page_reads", "softflt", "tlb_misses"]) part.series[name] = grow(500000);
  part.series.busy_ns = grow(duration / 2);
  part.series.time = column(Array.from({ length: count }, (_, i) => Math.floor((i * duration) / count)));
  for (const p of part.series.processes) for (const name of Object.keys(p)) p[name] = wave;
  const huge = join(folder, "huge.html");
  writeFileSync(huge, html.slice(0, start) + JSON.stringify(data).replaceAll("<", "\\u003c") + html.slice(end));
  const { page, took, close } = await open(huge);
  console.log(`a million samples: ready after ${took} ms`);
  // About a second on an idle machine; CI's may be slow and busy.
  assert.ok(took < 15000, `${took} ms`);
  await page.locator(".track input").focus();
  await page.keyboard.press("End");
  await close();
}

// Mappings of every kind bear the words of `faultline explain`; several CPUs are told one by one; paper
// gets all panels, in its own width.
async function caseKinds() {
  const script = join(folder, "kinds.ops");
  writeFileSync(script, "mmap 0 8 rw shared\ntouch 0 0 4 1 w\nmmap 1 8 rw file=DATA8\ntouch 1 0 1 1 r\n");
  const kinds = await open(report("kinds", "run", "--trace", script, "-q"));
  await kinds.page.locator(".track input").focus();
  await kinds.page.keyboard.press("End");
  const names = await panelOf(kinds.page, "Address space").locator("h3").allInnerTexts();
  assert.ok(names.some((n) => n.startsWith("shared memory")) && names.some((n) => n.startsWith("file")), names.join());
  assert.ok(names.some((n) => n.includes("kept free")), names.join());
  await kinds.close();

  const cpus = await open(report("cpus", "run", join(labs, "shootdowns.json"), "-q"));
  const cards = await cpus.page.locator(".cards").innerText();
  assert.match(cards, /4 CPUs busy\s+92\.2 %/);
  assert.equal(await panelOf(cpus.page, "Numbers").locator("[aria-label=CPUs] tbody tr").count(), 4);
  const chart = cpus.page.locator(".chart canvas").first();
  const width = () => chart.evaluate((c) => c.clientWidth);
  const before = await width();
  await cpus.page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  await cpus.page.waitForTimeout(100);
  assert.ok((await width()) <= 700, "a chart is wider than paper");
  await cpus.page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
  await cpus.page.waitForTimeout(100);
  assert.equal(await width(), before);
  await cpus.close();
}

// ---- which one -----------------------------------------------------------------------------------

const cases = { run: caseRun, sizes: caseSizes, pair: casePair, tables: caseTables, heap: caseHeap, kinds: caseKinds, huge: caseHuge };
try {
  assert.ok(wanted in cases, `no such case: ${wanted}`);
  await cases[wanted]();
  console.log("ok");
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
