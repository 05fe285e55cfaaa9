// curves.ts - comparisons (policy x memory) and curves (faults for every memory size).
import uPlot from "uplot";
import { dashedLegend, WHOLE } from "./charts";
import { color, h, onTheme, panel, type Choice, select } from "./dom";
import { pagedTable } from "./table";
import * as words from "./words";

interface Point {
  policy?: string;
  allocator?: string;
  frames: number;
  error?: string;
  [figure: string]: number | string | undefined;
}
export interface Comparison {
  schema: string;
  workload: string;
  compared: string;
  page_size: number;
  lower_bounds?: string[]; // names that know the future: no contenders
  runs: Point[];
  anomalies: { policy?: string; allocator?: string; frames: number; faults: number; more_frames: number; more_faults: number }[];
}
export interface Curves {
  schema: string;
  name: string;
  references: number;
  pages: number;
  page_size: number;
  sample_pages?: number;
  sizes: number[];
  curves: { name: string; method: string; faults: number[]; errors?: number[] }[];
  window?: { sizes: number[]; faults: number[]; ws_page_references: number[]; vmin_page_references: number[] };
}

const COLORS = ["c-blue", "c-vermilion", "c-green", "c-orange", "c-purple", "c-sky", "c-grey", "c-ink"];
const DASHES = [undefined, [8, 3], [3, 3], [10, 3, 2, 3]];

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

interface Curve {
  name: string;
  values: (number | null)[];
}
interface Spot {
  x: number;
  y: number;
}

function plotCurves(
  title: string,
  about: string,
  x: { title: string; values: number[] },
  format: (v: number) => string,
  curves: Curve[],
  spots: Spot[],
  short = format, // what fits beside the axis
  open = true, // the table, if it is short
): HTMLElement {
  const place = h("div", { class: "chart", role: "img", "aria-label": `${title}: ${about} The numbers are in the table below.` });
  const table = pagedTable([x.title, ...curves.map((c) => c.name)], x.values.length, (i) => [
    words.count(x.values[i]),
    ...curves.map((c) => (c.values[i] == null ? "–" : format(c.values[i] as number))),
  ]);
  const section = panel(capital(title), about, place, h("details", { class: "behind", open: open && x.values.length <= 25 }, h("summary", {}, "As a table"), table));
  const few = x.values.length <= 64;
  // Sizes of 1, 2, 4 ... get as much room each.
  const doubling = x.values[x.values.length - 1] > 4 * x.values.length;
  queueMicrotask(() => {
    const ink = (): string => color("muted");
    const axis = { stroke: ink, font: "12px system-ui, sans-serif", grid: { stroke: () => color("line"), width: 1 }, ticks: { show: false } };
    const plot = new uPlot(
      {
        width: place.clientWidth || 600,
        height: 380,
        scales: { x: doubling ? { time: false, distr: 3, log: 2 } : { time: false }, y: { range: (_, __, high) => [0, (high || 1) * 1.06] } },
        axes: [
          { ...axis, size: 28, ...(doubling ? {} : { incrs: WHOLE }), label: x.title, labelSize: 22, labelFont: "12px system-ui, sans-serif", values: (_, ticks) => ticks.map((t) => (Number.isInteger(t) ? words.count(t) : "")) },
          { ...axis, size: 76, values: (_, ticks) => ticks.map(short) },
        ],
        series: [
          { label: x.title, value: (_: uPlot, v: number | null) => (v == null ? "" : words.count(v)) },
          ...curves.map((c, i) => ({
            label: c.name,
            stroke: () => color(COLORS[i % COLORS.length]),
            width: 2,
            dash: DASHES[i % DASHES.length],
            points: { show: few, size: 6 },
            value: (_: uPlot, v: number | null) => (v == null ? "" : format(v)),
          })),
        ],
        legend: dashedLegend(curves.map((_, i) => DASHES[i % DASHES.length])),
        hooks: { draw: [(u) => drawSpots(u, spots)] },
      },
      [x.values, ...curves.map((c) => c.values)] as uPlot.AlignedData,
      place,
    );
    const fit = (): void => {
      if (place.clientWidth && place.clientWidth !== plot.width) plot.setSize({ width: place.clientWidth, height: 380 });
    };
    onTheme(() => {
      fit();
      plot.redraw(false, true);
    });
    new ResizeObserver(fit).observe(place);
  });
  return section;
}

// A ring around each point where more memory gave more faults.
function drawSpots(u: uPlot, spots: Spot[]): void {
  const ratio = devicePixelRatio;
  u.ctx.save();
  u.ctx.strokeStyle = u.ctx.fillStyle = color("c-vermilion");
  u.ctx.textAlign = "left";
  u.ctx.lineWidth = 2.5 * ratio;
  u.ctx.font = `600 ${12 * ratio}px system-ui, sans-serif`;
  for (const spot of spots) {
    const [px, py] = [u.valToPos(spot.x, "x", true), u.valToPos(spot.y, "y", true)];
    u.ctx.beginPath();
    u.ctx.arc(px, py, 9 * ratio, 0, 7);
    u.ctx.stroke();
    if (spots.length <= 6) u.ctx.fillText("anomaly", px + 12 * ratio, py - 8 * ratio);
  }
  u.ctx.restore();
}

// ---- a comparison -----------------------------------------------------------------------------

const FIGURES: Choice[] = [
  { value: "faults", label: "page faults" },
  { value: "majflt", label: "major faults" },
  { value: "minflt", label: "minor faults" },
  { value: "evictions", label: "evictions" },
  { value: "writebacks", label: "pages written back" },
  { value: "time_ns", label: "time" },
  { value: "peak_rss", label: "peak RSS (pages)" },
  { value: "peak_heap_bytes", label: "peak heap" },
];

export function comparisonView(data: Comparison): HTMLElement {
  const place = h("div", { class: "run" });
  const nameOf = (p: { policy?: string; allocator?: string }): string => p.policy ?? p.allocator ?? "?";
  const names = [...new Set(data.runs.map(nameOf))];
  const sizes = [...new Set(data.runs.map((r) => r.frames))].sort((a, b) => a - b);
  const at = new Map(data.runs.map((r) => [`${r.frames} ${nameOf(r)}`, r]));
  const draw = (figure: string): void => {
    const format = figure === "time_ns" ? (v: number) => words.time(v, 6) : figure.endsWith("bytes") ? words.bytes : words.count;
    const curves = names.map((name) => ({
      name,
      values: sizes.map((size) => {
        const value = at.get(`${size} ${name}`)?.[figure];
        return typeof value === "number" ? value : null;
      }),
    }));
    const spots = figure === "faults" ? data.anomalies.map((a) => ({ x: a.more_frames, y: a.more_faults })) : [];
    const label = FIGURES.find((f) => f.value === figure)?.label ?? figure;
    const drawing =
      sizes.length > 1
        ? plotCurves(`${label} by memory`, spots.length ? "Rings mark Belady’s anomaly: more memory, more faults." : "", { title: "frames", values: sizes }, format, curves, spots, format, false)
        : null;
    place.replaceChildren(...[drawing, matrix(data.compared, label, names, sizes, curves, format, data)].filter((e) => e !== null));
  };
  draw("faults");
  return h("div", { class: "run" }, h("div", { class: "bar" }, select("Show", FIGURES, "faults", draw)), place, anomalies(data, nameOf));
}

// Rows are memory sizes, columns policies; the darker, the more.
function matrix(compared: string, label: string, names: string[], sizes: number[], curves: Curve[], format: (v: number) => string, data: Comparison): HTMLElement {
  const all = curves.flatMap((c) => c.values).filter((v): v is number => v != null);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const bad = new Set(data.anomalies.map((a) => `${a.more_frames} ${a.policy ?? a.allocator}`));
  const bounds = new Set(data.lower_bounds ?? []);
  const body = h("tbody");
  sizes.forEach((size, row) => {
    const values = curves.map((c) => c.values[row]);
    const rivals = values.filter((v, column): v is number => v != null && !bounds.has(names[column]));
    const best = Math.max(...rivals) > Math.min(...rivals) ? Math.min(...rivals) : NaN;
    const line = h("tr", {}, h("th", { scope: "row" }, `${words.count(size)} (${words.bytes(size * data.page_size)})`));
    values.forEach((value, column) => {
      const cell = h("td", { class: "number heat" }, value == null ? "–" : format(value));
      if (value != null) {
        const share = most > least ? (value - least) / (most - least) : 0;
        cell.style.setProperty("--heat", share.toFixed(3));
        if (value === best && !bounds.has(names[column])) cell.append(h("span", { class: "best", title: "the best of this row" }, " ★"));
      }
      if (label === "page faults" && bad.has(`${size} ${names[column]}`)) {
        cell.append(h("span", { class: "anomaly", title: "more faults than with less memory" }, " ▲"));
      }
      line.append(cell);
    });
    body.append(line);
  });
  const header = h("tr", {}, h("th", { scope: "col" }, "frames"), ...names.map((n) => h("th", { scope: "col", class: "number" }, n)));
  return panel(
    capital(`${label}, ${compared} by memory`),
    `★ the best of the row${bounds.size ? `, not counting ${[...bounds].join(" and ")}: whoever knows the future is a lower bound` : ""}; ▲ more faults than with less memory; – could not be run.`,
    h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "comparison" }, h("table", {}, h("thead", {}, header), body)),
  );
}

function anomalies(data: Comparison, nameOf: (p: { policy?: string; allocator?: string }) => string): HTMLElement | null {
  if (!data.anomalies.length) return null;
  const list = h("ul");
  for (const a of data.anomalies.slice(0, 50)) {
    list.append(h("li", {}, `${nameOf(a)}: ${words.count(a.faults)} faults with ${words.count(a.frames)} frames, ${words.count(a.more_faults)} with ${words.count(a.more_frames)}`));
  }
  return panel("Belady’s anomaly", "Where more memory gave more faults.", list);
}

// ---- curves ------------------------------------------------------------------------------------

const METHODS = [
  ["one pass", "From one pass over the references"],
  ["sample", "From a sample of the pages"],
  ["runs", "From a run at each size"],
];

export function curvesView(data: Curves): HTMLElement {
  const misses = (v: number): string => `${words.count(v)} (${words.percent(v, data.references)})`;
  const curves = data.curves.map((c) => ({ name: c.name, values: c.faults }));
  const spots = data.curves.flatMap((c) =>
    c.faults.flatMap((faults, i) => (i > 0 && faults > c.faults[i - 1] ? [{ x: data.sizes[i], y: faults }] : [])),
  );
  const about = [
    `${words.count(data.references)} references to ${words.count(data.pages)} pages.`,
    ...METHODS.map(([method, sentence]) => {
      const names = data.curves.filter((c) => c.method === method).map((c) => c.name);
      return names.length ? `${sentence}: ${names.join(", ")}.` : "";
    }),
    data.sample_pages ? `Estimated from ${words.count(data.sample_pages)} pages.` : "",
    spots.length ? "Rings mark Belady’s anomaly." : "",
  ].filter(Boolean).join(" ");
  const view = h("div", { class: "run" }, plotCurves("Page faults by memory", about, { title: "frames", values: data.sizes }, misses, curves, spots, words.count));
  const w = data.window;
  if (w) {
    const average = (sums: number[]): number[] => sums.map((n) => n / Math.max(1, data.references));
    const pages = (v: number): string => v.toFixed(2);
    view.append(
      plotCurves("Page faults by window", "The working-set policy: a page stays for so many references after its last use.", { title: "window, in references", values: w.sizes }, misses, [{ name: "ws and vmin", values: w.faults }], [], words.count),
      plotCurves("Mean pages held by window", "vmin knows which pages come back within the window, and keeps only those.", { title: "window, in references", values: w.sizes }, pages, [
        { name: "ws", values: average(w.ws_page_references) },
        { name: "vmin", values: average(w.vmin_page_references) },
      ], []),
    );
  }
  return view;
}
