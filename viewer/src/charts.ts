// charts.ts - lines and bars over virtual time, all with one time cursor, one zoom, one legend.
//
// Idea: uPlot draws; the cursor of the page's time is an element laid over each plot, so moving
// it redraws nothing.  Rates are counted anew from running sums for the part that is in view,
// so bars stay as fine as the screen however far one zooms.
import uPlot from "uplot";
import { color, h, onTheme, panel } from "./dom";
import { pagedTable } from "./table";
import * as words from "./words";
import { upperBound } from "./run";

export interface Line {
  label: string;
  color: string; // a variable of the style sheet
  values: ArrayLike<number>;
  dash?: number[];
  hidden?: boolean;
  fill?: boolean;
}
export interface Mark {
  time: number;
  label: string;
}
export type Format = (value: number) => string;

// Steps of an axis of bytes.
const BINARY = Array.from({ length: 60 }, (_, i) => 2 ** i);

// ... of an axis of whole numbers.
export const WHOLE = Array.from({ length: 16 }, (_, i) => [1, 2, 5].map((n) => n * 10 ** i)).flat();

// A legend whose boxes are drawn as their lines are.
export function dashedLegend(dashes: (number[] | undefined)[]): uPlot.Legend {
  const style = (dash: number[] | undefined): string =>
    dash === undefined ? "solid" : dash[0] > 3 ? "dashed" : "dotted";
  return { live: true, markers: { dash: (_, i) => style(dashes[i - 1]) } };
}

interface Spec {
  title: string;
  about: string;
  format: Format;
  max?: number;
}

// What charts of one run share.
export class ChartGroup {
  private readonly charts: { plot: uPlot; cursor: HTMLElement; refill?: () => void }[] = [];
  private now = 0;
  private range: [number, number];
  onTime: (time: number) => void = () => {};
  onRange: (from: number, to: number) => void = () => {};

  constructor(
    readonly duration: number,
    readonly marks: Mark[],
    private readonly key: string,
  ) {
    this.range = [0, duration];
    onTheme(() => {
      this.resize();
      this.charts.forEach((c) => c.plot.redraw(false, true));
    });
  }

  setTime(time: number): void {
    this.now = time;
    for (const { plot, cursor } of this.charts) {
      const x = plot.valToPos(time, "x");
      const inside = x >= 0 && x <= plot.over.clientWidth;
      cursor.style.transform = `translateX(${x}px)`;
      cursor.hidden = !inside;
      // Unless the pointer is over a plot, the legends tell the values at the page's time.
      if ((plot.cursor.left ?? -1) < 0) {
        plot.setLegend({ idx: Math.max(0, upperBound(plot.data[0], time) - 1) });
      }
    }
  }

  setRange(from: number, to: number): void {
    if (from === this.range[0] && to === this.range[1]) return;
    this.range = [from, to];
    for (const chart of this.charts) {
      chart.refill?.();
      chart.plot.setScale("x", { min: from, max: to });
    }
    this.setTime(this.now);
    this.onRange(from, to);
  }
  getRange(): [number, number] {
    return this.range;
  }

  resize(): void {
    for (const { plot } of this.charts) {
      const width = plot.root.parentElement?.clientWidth ?? 0;
      if (width > 0 && width !== plot.width) plot.setSize({ width, height: plot.height });
    }
    this.setTime(this.now);
  }

  // Values at sampled times, drawn as steps of straight lines.
  lines(spec: Spec, times: Float64Array, lines: Line[]): HTMLElement {
    const data = [times, ...lines.map((l) => l.values)] as unknown as uPlot.AlignedData;
    const series = lines.map((l) => ({
      label: l.label,
      show: !l.hidden,
      stroke: () => color(l.color),
      fill: l.fill ? () => `${color(l.color)}33` : undefined,
      width: 1.75,
      dash: l.dash,
      points: { show: false },
      value: (_: uPlot, v: number | null) => (v == null ? "–" : spec.format(v)),
    }));
    const rows = (i: number): string[] => [
      words.time(times[i], 6),
      ...lines.map((l) => spec.format(l.values[i])),
    ];
    const table = pagedTable(["time", ...lines.map((l) => l.label)], times.length, rows);
    return this.add(spec, data, series, table);
  }

  // How much running sums grow in each of as many parts of the view as the screen can show.
  bars(spec: Spec, times: Float64Array, sums: Line[], scale: (growth: number, ns: number) => number) {
    const parts = 120;
    const fill = (): uPlot.AlignedData => {
      const [from, to] = this.range;
      const step = (to - from) / parts;
      const x = new Float64Array(parts);
      const columns = sums.map(() => new Float64Array(parts));
      // Faults are whole ones: they belong to the slice in which they were first seen.
      const at = (values: ArrayLike<number>, time: number): number =>
        spec.format === words.count
          ? (values[upperBound(times, time) - 1] ?? 0)
          : valueAt(times, values, time);
      const before = sums.map((s) => at(s.values, from));
      for (let i = 0; i < parts; i++) {
        const end = from + (i + 1) * step;
        x[i] = end - step / 2;
        sums.forEach((s, k) => {
          const value = at(s.values, end);
          columns[k][i] = scale(value - before[k], step);
          before[k] = value;
        });
      }
      // Stacked: each on top of those behind it in the list.
      for (let k = sums.length - 2; k >= 0; k--) {
        for (let i = 0; i < parts; i++) columns[k][i] += columns[k + 1][i];
      }
      return [x, ...columns] as unknown as uPlot.AlignedData;
    };
    const series = sums.map((s, k) => ({
      label: s.label,
      stroke: () => color(s.color),
      fill: () => color(s.color),
      width: 0,
      paths: uPlot.paths.bars?.({ size: [0.92, 40], align: 0 }),
      points: { show: false },
      value: (u: uPlot, v: number | null, _: number, i: number | null) => {
        if (v == null || i == null) return "–";
        const below = k + 2 < u.data.length ? (u.data[k + 2][i] ?? 0) : 0;
        return spec.format(v - below);
      },
    }));
    const table = pagedTable(
      ["up to", ...sums.map((s) => `${s.label}, running sum`)],
      times.length,
      (i) => [words.time(times[i], 6), ...sums.map((s) => words.count(s.values[i]))],
    );
    return this.add(spec, fill(), series, table, fill);
  }

  private add(
    spec: Spec,
    data: uPlot.AlignedData,
    series: uPlot.Series[],
    table: HTMLElement,
    fill?: () => uPlot.AlignedData,
  ): HTMLElement {
    const cursor = h("div", { class: "now", "aria-hidden": "true" });
    const place = h("div", {
      class: "chart",
      role: "img",
      "aria-label": `${spec.title}: ${spec.about} The numbers are in the table below.`,
    });
    const section = panel(
      spec.title,
      spec.about,
      place,
      h("details", { class: "behind" }, h("summary", {}, "As a table"), table),
    );
    // The plot needs a width, which it has once it is in the page.
    queueMicrotask(() => {
      const plot = new uPlot(this.options(spec, series, place.clientWidth || 600), data, place);
      plot.over.append(cursor);
      plot.over.addEventListener("mouseleave", () => queueMicrotask(() => this.setTime(this.now)));
      plot.over.addEventListener("click", (event) => {
        const box = plot.over.getBoundingClientRect();
        if (plot.select.width < 3) this.onTime(plot.posToVal(event.clientX - box.left, "x"));
      });
      const refill = fill && ((): void => plot.setData(fill(), false));
      this.charts.push({ plot, cursor, refill });
      this.setTime(this.now);
    });
    return section;
  }

  private options(spec: Spec, series: uPlot.Series[], width: number): uPlot.Options {
    const ink = () => color("muted");
    const axis = {
      stroke: ink,
      font: "12px system-ui, sans-serif",
      grid: { stroke: () => color("line"), width: 1 },
      ticks: { show: false },
    };
    const steps = spec.format === words.bytes ? BINARY : spec.format === words.count ? WHOLE : undefined;
    return {
      width,
      height: 200,
      padding: [10, 22, 0, 0],
      cursor: {
        sync: { key: this.key, setSeries: false },
        drag: { x: true, y: false, setScale: false },
        points: { size: 7 },
        bind: {
          dblclick: () => () => {
            this.setRange(0, this.duration);
            return null;
          },
        },
      },
      legend: dashedLegend(series.map((s) => s.dash)),
      scales: {
        x: { time: false, range: () => this.range },
        y: {
          range: (_, low, high) => [Math.min(0, low ?? 0), spec.max ?? ((high || 1) * 1.08 || 1)],
        },
      },
      axes: [
        { ...axis, space: 70, size: 28, values: (_, ticks) => ticks.map((t) => words.time(t)) },
        { ...axis, size: 68, incrs: steps, values: (_, ticks) => ticks.map((t) => spec.format(t)) },
      ],
      series: [{ label: "time", value: (_, v) => (v == null ? "–" : words.time(v, 6)) }, ...series],
      hooks: {
        setSelect: [
          (u) => {
            if (u.select.width < 3) return;
            const from = u.posToVal(u.select.left, "x");
            const to = u.posToVal(u.select.left + u.select.width, "x");
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            this.setRange(Math.max(0, from), Math.min(this.duration, to));
          },
        ],
        draw: [(u) => this.drawMarks(u)],
      },
    };
  }

  private drawMarks(u: uPlot): void {
    const ratio = devicePixelRatio;
    u.ctx.save();
    u.ctx.strokeStyle = u.ctx.fillStyle = color("muted");
    u.ctx.font = `${11 * ratio}px system-ui, sans-serif`;
    u.ctx.textAlign = "left";
    u.ctx.setLineDash([3 * ratio, 3 * ratio]);
    let free = -Infinity; // where the last label ends
    for (const mark of this.marks) {
      const x = u.valToPos(mark.time, "x", true);
      if (x < u.bbox.left - 1 || x > u.bbox.left + u.bbox.width + 1) continue;
      u.ctx.beginPath();
      u.ctx.moveTo(x, u.bbox.top);
      u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
      u.ctx.stroke();
      const text = mark.label.length > 24 ? `${mark.label.slice(0, 23)}…` : mark.label;
      const width = u.ctx.measureText(text).width + 6 * ratio;
      const left = x - width;
      if (left > Math.max(free, u.bbox.left)) {
        const [tx, ty] = [left + 2 * ratio, u.bbox.top + 11 * ratio];
        u.ctx.save(); // a rim, so that it can be read on bars
        u.ctx.setLineDash([]);
        u.ctx.strokeStyle = color("surface");
        u.ctx.lineWidth = 3 * ratio;
        u.ctx.strokeText(text, tx, ty);
        u.ctx.restore();
        u.ctx.fillText(text, tx, ty);
        free = x;
      }
    }
    u.ctx.restore();
  }
}

// A running sum between its samples, as if it grew evenly.
function valueAt(times: Float64Array, values: ArrayLike<number>, time: number): number {
  const i = upperBound(times, time);
  if (i === 0) return values[0] ?? 0;
  if (i === times.length) return values[i - 1];
  const part = (time - times[i - 1]) / (times[i] - times[i - 1]);
  return values[i - 1] + (values[i] - values[i - 1]) * part;
}
