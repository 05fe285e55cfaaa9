// run_view.ts - everything about one run, one panel under the other, at one instant.
import { ChartGroup, type Line } from "./charts";
import { h, select } from "./dom";
import { FaultTable } from "./faults";
import { FrameMap } from "./frames";
import { HeapMap } from "./heap";
import { numbers } from "./numbers";
import { type Run, upperBound } from "./run";
import { SpaceMap } from "./space";
import * as words from "./words";

const PROCESS_LINES = 8;

export class RunView {
  readonly element: HTMLElement;
  readonly charts: ChartGroup;
  private readonly frames: FrameMap;
  private readonly space: SpaceMap;
  private readonly heap: HeapMap;
  private readonly faults: FaultTable;
  private pid: number;
  private picture = -1;
  onTime: (time: number) => void = () => {};

  constructor(
    private readonly run: Run,
    duration: number,
    index: number,
  ) {
    this.charts = new ChartGroup(duration, run.phases(), `run-${index}`);
    this.frames = new FrameMap(run);
    this.space = new SpaceMap(run);
    this.heap = new HeapMap(run);
    this.faults = new FaultTable(run);
    this.pid = this.busiest();
    this.charts.onTime = this.faults.onTime = (time) => this.onTime(time);
    this.element = h(
      "div",
      { class: "run" },
      this.cards(),
      h("div", { class: "charts" }, ...this.makeCharts()),
      this.frames.element,
      this.processBar(),
      this.space.element,
      this.space.tree.element,
      this.heap.element,
      this.faults.element,
      numbers(run),
    );
  }

  setTime(time: number): void {
    this.charts.setTime(time);
    this.faults.setTime(time);
    const picture = this.run.pictureAt(time);
    if (picture === this.picture) return;
    this.picture = picture;
    this.showPicture();
  }

  private showPicture(): void {
    this.frames.setPicture(this.picture);
    const space = this.run.spaceOf(this.picture, this.pid);
    this.space.show(space, this.run.processName(this.pid));
    this.heap.show(space, this.heapAt(this.run.times[this.picture]));
  }

  private heapAt(time: number): { heap: number; live: number } {
    const row = Math.max(0, upperBound(this.run.samples.time, time) - 1);
    const samples = this.run.processSamples[this.pid - 1];
    return { heap: samples?.heap_bytes[row] ?? 0, live: samples?.live_bytes[row] ?? 0 };
  }

  private busiest(): number {
    let best = this.run.processes[0];
    for (const p of this.run.processes) {
      if ((p.memory.peak_rss ?? 0) > (best.memory.peak_rss ?? 0)) best = p;
    }
    return best?.pid ?? 1;
  }

  private processBar(): HTMLElement | null {
    if (this.run.processes.length < 2) return null;
    const choices = this.run.processes.map((p) => ({ value: String(p.pid), label: p.name }));
    return h(
      "div",
      { class: "bar process" },
      select("Address space and heap of", choices, String(this.pid), (value) => {
        this.pid = Number(value);
        this.showPicture();
      }),
    );
  }

  // ---- the figures that matter most -----------------------------------------------------------

  private cards(): HTMLElement {
    const { machine } = this.run.raw.stats;
    const c = machine.counters;
    const peak = Math.max(0, ...this.run.processes.map((p) => p.memory.peak_rss ?? 0));
    const cpus = machine.cpus?.length ?? 1;
    const busy = cpus * machine.time_ns - (c.idle_ns ?? 0);
    const references = c.loads + c.stores;
    const cards: [string, string, string][] = [
      ["minor faults", words.count(c.minflt), `${words.count(c.zfod)} demand zero`],
      ["major faults", words.count(c.majflt), `${words.count(c.pswpin + c.filein)} pages read`],
      ["evictions", words.count(c.evictions), `${words.count(c.writebacks)} written back`],
      ["peak RSS", words.bytes(peak * this.run.pageSize), this.run.processes.length > 1 ? "of one process" : `${words.count(peak)} pages`],
      ["TLB misses", words.percent(c.tlb_misses, references), `of ${words.count(references)} references`],
      [cpus > 1 ? `${cpus} CPUs busy` : "CPU busy", words.percent(busy, cpus * machine.time_ns), `of ${words.time(machine.time_ns)}`],
    ];
    return h(
      "dl",
      { class: "cards" },
      ...cards.map(([title, value, note]) =>
        h("div", {}, h("dt", {}, title), h("dd", {}, h("strong", {}, value), h("small", {}, note))),
      ),
    );
  }

  // ---- charts -----------------------------------------------------------------------------------

  private pages(column: Float64Array): Float64Array {
    return column.map((n) => n * this.run.pageSize);
  }

  private memoryLines(): Line[] {
    const s = this.run.samples;
    const working = new Float64Array(s.time.length);
    for (const p of this.run.processSamples) p.working_set.forEach((n, i) => (working[i] += n));
    const peak = s.rss_max.reduce((a, b) => Math.max(a, b), 1);
    const roomy = this.run.raw.machine.frames > 4 * peak;
    return [
      { label: "RSS", color: "c-blue", values: this.pages(s.rss), fill: true },
      { label: "working set", color: "c-orange", values: this.pages(working), dash: [6, 3] },
      { label: "free", color: "c-grey", values: this.pages(s.free), hidden: roomy },
      { label: "zeroed", color: "c-sky", values: this.pages(s.zeroed), hidden: roomy, dash: [2, 3] },
      { label: "swap used", color: "c-purple", values: this.pages(s.swap_used), dash: [10, 3, 2, 3] },
    ];
  }

  private processLines(): Line[] {
    return this.run.processSamples.slice(0, PROCESS_LINES).map((p, i) => ({
      label: this.run.processName(i + 1),
      color: `owner-${i}`,
      values: this.pages(p.rss),
      dash: i % 2 ? [7, 3] : undefined,
    }));
  }

  private heapLines(): Line[] {
    const heap = new Float64Array(this.run.samples.time.length);
    const live = new Float64Array(heap.length);
    for (const p of this.run.processSamples) {
      p.heap_bytes.forEach((n, i) => (heap[i] += n));
      p.live_bytes.forEach((n, i) => (live[i] += n));
    }
    return [
      { label: "held from the system", color: "c-vermilion", values: heap },
      { label: "live, as asked for", color: "c-green", values: live, fill: true },
    ];
  }

  // Running sums of faults by kind; of those that never came, nothing.
  private faultLines(): Line[] {
    const s = this.run.samples;
    const known = [s.zfod, s.zero_page_reads, s.softflt];
    const lines: Line[] = [
      { label: "major", color: "c-vermilion", values: s.majflt },
      { label: "soft", color: "c-orange", values: s.softflt },
      { label: "shared zero page", color: "c-sky", values: s.zero_page_reads },
      { label: "demand zero", color: "c-blue", values: s.zfod },
      { label: "other minor", color: "c-grey", values: s.minflt.map((n, i) => Math.max(0, n - known.reduce((sum, k) => sum + k[i], 0))) },
      { label: "invalid", color: "c-ink", values: s.pgfault.map((n, i) => n - s.minflt[i] - s.majflt[i]) },
    ];
    const came = lines.filter((l) => l.values[l.values.length - 1] > 0);
    return came.length ? came : lines.slice(0, 1);
  }

  private makeCharts(): HTMLElement[] {
    const s = this.run.samples;
    const times = s.time;
    const cpus = this.run.raw.stats.machine.cpus?.length ?? 1;
    const list = [
      this.charts.lines(
        { title: "Memory", about: "Resident, recently used, free and swapped memory over virtual time.", format: words.bytes },
        times,
        this.memoryLines(),
      ),
      this.charts.bars(
        { title: "Page faults over time", about: "How many of each kind, in each slice of time; major ones wait for the device.", format: words.count },
        times,
        this.faultLines(),
        (growth) => growth,
      ),
      this.charts.bars(
        { title: "CPU utilisation", about: `The share of each slice of time in which a process had the CPU${cpus > 1 ? ", the mean of all of them" : ""}.`, format: (v) => `${Math.round(v)} %`, max: 100 },
        times,
        [{ label: "busy", color: "c-green", values: s.busy_ns }],
        (growth, ns) => Math.min(100, (100 * growth) / ns),
      ),
    ];
    if (this.run.processes.length > 1) {
      list.push(
        this.charts.lines(
          { title: "RSS of each process", about: "Resident memory, process by process.", format: words.bytes },
          times,
          this.processLines(),
        ),
      );
    }
    if (this.run.processSamples.some((p) => p.heap_bytes.some((n) => n > 0))) {
      list.push(
        this.charts.lines(
          { title: "Heap", about: "What the allocators hold, and how much of it the programs asked for.", format: words.bytes },
          times,
          this.heapLines(),
        ),
      );
    } else {
      list.push(
        this.charts.bars(
          { title: "TLB misses", about: "How many, in each slice of time: each walks the page table.", format: words.count },
          times,
          [{ label: "misses", color: "c-orange", values: s.tlb_misses }],
          (growth) => growth,
        ),
      );
    }
    return list;
  }
}

// What a recording is of, in a few words.
export function runTitle(run: Run): string {
  const m = run.raw.machine;
  return `${run.raw.name}: ${m.policy}, ${words.count(m.frames)} frames`;
}

export function machineWords(run: Run): string {
  const m = run.raw.machine;
  const cpus = run.raw.stats.machine.cpus?.length ?? 1;
  const parts = [
    m.mmu,
    ...(cpus > 1 ? [`${cpus} CPUs`] : []),
    `${words.count(m.frames)} frames of ${words.bytes(run.pageSize)} (${words.bytes(m.frames * run.pageSize)})`,
    m.policy,
    m.tlb.length ? `TLB ${m.tlb.map((n) => words.count(n)).join(" + ")}` : "no TLB",
    m.swap_slots ? `swap ${words.bytes(m.swap_slots * run.pageSize)}` : "no swap",
  ];
  return parts.join(" · ");
}

