// numbers.ts - the counters of one run, or of two side by side, with what each means.
import { h, panel } from "./dom";
import type { Run } from "./run";
import * as words from "./words";

type Column = { title: string; value: (name: string) => number | undefined };

function columnsOf(run: Run, prefix: string): Column[] {
  const machine = run.raw.stats.machine.counters;
  const columns: Column[] = [{ title: `${prefix}machine`, value: (name) => machine[name] }];
  for (const p of run.processes.slice(0, 12)) {
    columns.push({ title: prefix + p.name, value: (name) => p.counters[name] ?? p.memory[name] });
  }
  return columns;
}

function exact(n: number | undefined): string {
  return n === undefined ? "" : words.count(n);
}

function counterTable(run: Run, columns: Column[]): HTMLElement {
  const body = h("tbody");
  for (const [name, unit, meaning] of run.raw.counters) {
    const values = columns.map((c) => c.value(name));
    if (values.every((v) => !v)) continue;
    body.append(
      h(
        "tr",
        {},
        h("th", { scope: "row" }, h("code", {}, name)),
        ...values.map((v) => h("td", { class: "number" }, exact(v))),
        h("td", {}, unit),
        h("td", { class: "meaning" }, meaning),
      ),
    );
  }
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "group", "aria-label": "counters" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, "counter"),
          ...columns.map((c) => h("th", { scope: "col", class: "number" }, c.title)),
          h("th", { scope: "col" }, "unit"),
          h("th", { scope: "col" }, "meaning"),
        ),
      ),
      body,
    ),
  );
}

function phaseTable(run: Run): HTMLElement | null {
  const rows = run.processes.flatMap((p) => p.phases.map((phase) => ({ p, phase })));
  if (!rows.length) return null;
  const names = ["minflt", "majflt", "pswpin", "pswpout", "evictions", "tlb_misses"];
  const body = h("tbody");
  for (const { p, phase } of rows) {
    body.append(
      h(
        "tr",
        {},
        h("th", { scope: "row" }, phase.name),
        h("td", {}, p.name),
        h("td", { class: "number" }, words.time(phase.end_ns, 6)),
        ...names.map((n) => h("td", { class: "number" }, exact(phase.counters[n]))),
      ),
    );
  }
  const titles = ["phase", "process", "ends", ...names];
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "group", "aria-label": "phases" },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...titles.map((t, i) => h("th", { scope: "col", class: i > 1 ? "number" : "" }, t)))),
      body,
    ),
  );
}

function cpuTable(run: Run): HTMLElement | null {
  const { cpus, time_ns } = run.raw.stats.machine;
  if (!cpus) return null;
  const titles = ["CPU", "user", "system", "switching", "idle", "TLB misses", "references", "switches", "interrupts"];
  const share = (ns: number): string => words.percent(ns, time_ns);
  const body = h("tbody");
  cpus.forEach((cpu, i) => {
    const cells = [
      ...[cpu.user_ns, cpu.system_ns, cpu.switch_ns, cpu.idle_ns].map(share),
      ...[cpu.tlb_misses, cpu.references, cpu.context_switches, cpu.ipis_received].map(words.count),
    ];
    body.append(
      h("tr", {}, h("th", { scope: "row" }, `CPU ${i}`), ...cells.map((c) => h("td", { class: "number" }, c))),
    );
  });
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "group", "aria-label": "CPUs" },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...titles.map((t, i) => h("th", { scope: "col", class: i ? "number" : "" }, t)))),
      body,
    ),
  );
}

export function numbers(run: Run): HTMLElement {
  const left =
    run.raw.processes_in_all > run.processes.length
      ? ` The first ${run.processes.length} of ${words.count(run.raw.processes_in_all)} processes.`
      : "";
  return panel(
    "Numbers",
    `Every counter of the whole run that is not zero.${left}`,
    phaseTable(run),
    cpuTable(run),
    counterTable(run, columnsOf(run, "")),
    run.raw.workload === undefined
      ? h("p", { class: "about" }, "The workload is too long to be shown here.")
      : h(
          "details",
          { class: "behind" },
          h("summary", {}, `The workload, as it was run (seed ${run.raw.seed})`),
          h("pre", { tabindex: 0 }, JSON.stringify(run.raw.workload, null, 2)),
        ),
  );
}

// Two runs: each counter that differs.
export function differences(runs: Run[], titles: string[]): HTMLElement {
  const [a, b] = runs.map((r) => r.raw.stats.machine);
  const body = h("tbody");
  const row = (name: string, left: number, right: number, format: (n: number) => string): void => {
    const change = left === 0 ? "" : `${right > left ? "+" : "−"}${words.percent(Math.abs(right - left), left)}`;
    body.append(
      h(
        "tr",
        {},
        h("th", { scope: "row" }, h("code", {}, name)),
        h("td", { class: "number" }, format(left)),
        h("td", { class: "number" }, format(right)),
        h("td", { class: "number" }, left === right ? "same" : change.replace(/^.0\.0 %$/, "under 0.1 %")),
      ),
    );
  };
  row("time", a.time_ns, b.time_ns, (n) => words.time(n, 6));
  for (const [name] of runs[0].raw.counters) {
    const [left, right] = [a.counters[name] ?? 0, b.counters[name] ?? 0];
    if (left !== right) row(name, left, right, words.count);
  }
  return panel(
    "What differs",
    "Counters of the machine that are not the same in both runs.",
    h(
      "div",
      { class: "scroll short", tabindex: 0, role: "group", "aria-label": "differences" },
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ...["counter", ...titles, "change"].map((t, i) => h("th", { scope: "col", class: i ? "number" : "" }, t)),
          ),
        ),
        body,
      ),
    ),
  );
}
