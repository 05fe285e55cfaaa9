// main.ts - reads the page's data and shows it: one run, two runs side by side, a comparison, or
// curves.
import { type Comparison, comparisonView, type Curves, curvesView } from "./curves";
import { dropThemed, h, themeChanged } from "./dom";
import { differences } from "./numbers";
import { Run } from "./run";
import { machineWords, runTitle, RunView } from "./run_view";
import { Timeline } from "./timeline";

interface Report {
  schema: string;
  parts: { schema: string }[];
}

const app = document.getElementById("app") as HTMLElement;

function parse(text: string): Report {
  const report = JSON.parse(text) as Report;
  if (!report.schema?.startsWith("faultline-report/1")) throw new Error("this is no faultline report");
  return report;
}

// The data of another report's file.  It holds no "<", and the file is never read as a page.
function dataOf(html: string): Report {
  const mark = 'id="faultline-data">';
  const start = html.indexOf(mark);
  if (start < 0) throw new Error("this is no faultline report");
  const data = html.slice(start + mark.length);
  return parse(data.slice(0, data.indexOf("<")));
}

// ---- the head of the page ---------------------------------------------------------------------

function themeButton(): HTMLElement {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", themeChanged);
  const printing = (on: boolean) => () => {
    root.classList.toggle("printing", on);
    themeChanged();
  };
  window.addEventListener("beforeprint", printing(true));
  window.addEventListener("afterprint", printing(false));
  matchMedia("print").addEventListener("change", themeChanged);
  return h(
    "button",
    {
      type: "button",
      class: "quiet",
      click: () => {
        const dark = root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
        root.dataset.theme = dark ? "light" : "dark";
        themeChanged();
      },
    },
    "light / dark",
  );
}

function compareButton(report: Report, problem: HTMLElement): HTMLElement {
  const input = h("input", {
    type: "file",
    accept: ".html,.htm",
    change: async () => {
      const file = input.files?.[0];
      if (!file) return;
      try {
        const other = dataOf(await file.text()).parts[0];
        if (!other.schema.startsWith("faultline-recording/")) throw new Error("it shows no single run");
        await show({ ...report, parts: [report.parts[0], other] });
      } catch (error) {
        problem.textContent = `${file.name}: ${(error as Error).message}`;
      }
    },
  });
  return h("label", { class: "file" }, h("span", {}, "Compare with another report …"), input);
}

// A text whose options, as --set, are not broken between lines.
function unbroken(text: string): (string | HTMLElement)[] {
  return text.split(/(--[a-z-]+)/).map((part, i) => (i % 2 ? h("span", { class: "option" }, part) : part));
}

function head(title: string, words: string[], ...actions: HTMLElement[]): HTMLElement {
  document.title = `${title} – faultline`;
  return h(
    "header",
    { class: "top" },
    h(
      "div",
      {},
      h("p", { class: "brand" }, "faultline report"),
      h("h1", {}, title),
      ...words.filter(Boolean).map((text) => h("p", { class: "about" }, ...unbroken(text))),
    ),
    h("div", { class: "actions" }, ...actions, themeButton()),
  );
}

// ---- runs ------------------------------------------------------------------------------------

async function showRuns(report: Report): Promise<void> {
  const runs = await Promise.all(report.parts.slice(0, 2).map((p) => Run.read(p)));
  const duration = Math.max(...runs.map((r) => r.duration));
  const views = runs.map((run, i) => new RunView(run, duration, i));
  const stops = [...new Set(runs.flatMap((r) => [...r.times]).concat(duration))].sort((a, b) => a - b);
  const timeline = new Timeline(duration, stops, runs[0].phases());
  tie(views, timeline, duration);
  const problem = h("p", { class: "problem", role: "alert" });
  const [first] = runs;
  const both = runs.length > 1;
  app.replaceChildren(
    head(
      both ? "Two runs" : first.raw.name,
      both ? [] : [first.raw.description, machineWords(first)],
      compareButton(report, problem),
    ),
    problem,
    both ? differences(runs, titles(runs)) : "",
    h(
      "div",
      { class: both ? "runs two" : "runs" },
      ...views.map((view, i) =>
        both
          ? h("article", {}, h("h2", { class: "side" }, titles(runs)[i]), h("p", { class: "about" }, machineWords(runs[i])), view.element)
          : view.element,
      ),
    ),
    timeline.element,
  );
  const onResize = (): void => views.forEach((v) => v.charts.resize());
  new ResizeObserver(onResize).observe(app);
  // Begin where there is something to see.
  timeline.set(stops[Math.floor((stops.length - 1) * 0.6)]);
}

function titles(runs: Run[]): string[] {
  const words = runs.map(runTitle);
  return words[0] === words[1] ? words.map((w, i) => `${w} (${i + 1})`) : words;
}

function tie(views: RunView[], timeline: Timeline, duration: number): void {
  timeline.onTime = (time) => views.forEach((v) => v.setTime(time));
  timeline.onZoom = (factor) => {
    const [from, to] = views[0].charts.getRange();
    const size = factor === 0 ? duration : Math.min(duration, Math.max((to - from) * factor, 100));
    const left = Math.min(duration - size, Math.max(0, timeline.time - size / 2));
    views.forEach((v) => v.charts.setRange(left, left + size));
  };
  for (const view of views) {
    view.onTime = (time) => timeline.set(time);
    view.charts.onRange = (from, to) => {
      timeline.setRange(from, to);
      for (const other of views) if (other !== view) other.charts.setRange(from, to);
    };
  }
  timeline.setRange(0, duration);
}

// ---- whatever it is ----------------------------------------------------------------------------

async function show(report: Report): Promise<void> {
  dropThemed();
  const [part] = report.parts;
  if (part.schema.startsWith("faultline-recording/")) {
    await showRuns(report);
  } else if (part.schema.startsWith("faultline-compare/")) {
    const data = part as unknown as Comparison;
    app.replaceChildren(head(data.workload, [`${data.compared} side by side`]), comparisonView(data));
  } else if (part.schema.startsWith("faultline-curve/")) {
    const data = part as unknown as Curves;
    app.replaceChildren(head(data.name, ["page faults for every memory size"]), curvesView(data));
  } else {
    throw new Error(`this page does not know ${part.schema}`);
  }
  document.documentElement.dataset.ready = "yes";
}

async function start(): Promise<void> {
  try {
    await show(parse(document.getElementById("faultline-data")?.textContent ?? ""));
  } catch (error) {
    app.replaceChildren(h("p", { role: "alert" }, `The report cannot be shown: ${(error as Error).message}`));
  }
}

void start();
