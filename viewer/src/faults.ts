// faults.ts - the page faults, with search; a row that is picked sets the page's time.
import { h, panel, select } from "./dom";
import { type Run, upperBound } from "./run";
import { pagedTable } from "./table";
import * as words from "./words";

export class FaultTable {
  readonly element: HTMLElement;
  private readonly table;
  private readonly found = h("p", { class: "figures", role: "status" });
  private rows: number[] = [];
  private text = "";
  private pid = "";
  private kind = "";
  private now = -1;
  onTime: (time: number) => void = () => {};

  constructor(private readonly run: Run) {
    this.table = pagedTable(
      ["fault", "time", "process", "address", "access", "how it was served", "frame", "took away", "lasted"],
      0,
      (i) => this.cells(this.rows[i]),
      (i) => this.onTime(run.faults.time[this.rows[i]]),
      (i) => this.rows[i] === this.now,
    );
    const search = h("input", {
      type: "search",
      placeholder: "address, frame or word",
      input: () => {
        this.text = search.value.trim().toLowerCase();
        this.filter();
      },
    });
    const all = { value: "", label: "all" };
    const kinds = [...new Set(run.faults.kind)].sort((a, b) => a - b);
    const pids = run.processes.map((p) => ({ value: String(p.pid), label: p.name }));
    this.element = panel(
      "Page faults",
      this.about(),
      h(
        "div",
        { class: "bar" },
        h("label", { class: "choice" }, h("span", {}, "Search"), search),
        pids.length > 1
          ? select("Process", [all, ...pids], "", (value) => {
              this.pid = value;
              this.filter();
            })
          : null,
        select(
          "Kind",
          [all, ...kinds.map((k) => ({ value: String(k), label: run.raw.faults.kinds[k] }))],
          "",
          (value) => {
            this.kind = value;
            this.filter();
          },
        ),
        this.found,
      ),
      this.table,
    );
    this.filter();
  }

  private about(): string {
    const { total, stride, first, last } = this.run.raw.faults;
    const kept = this.run.faults.time.length;
    return kept === total
      ? `All ${words.count(total)} faults. Pick one to go to its time.`
      : `${words.count(kept)} of ${words.count(total)} faults: the first ${words.count(first)}, the last ${words.count(last)}, and one in ${words.count(stride)} of those between. Pick one to go to its time.`;
  }

  private cells(i: number): string[] {
    const f = this.run.faults;
    const victim = f.victim_pid[i]
      ? `${words.hex(f.victim_va[i])} of ${this.run.processName(f.victim_pid[i])}${f.victim_written[i] ? ", written" : ""}`
      : "";
    return [
      words.count(f.number[i]),
      words.time(f.time[i], 7),
      this.run.processName(f.pid[i]) + (f.bookkeeping[i] ? " (malloc)" : ""),
      words.hex(f.va[i]),
      f.write[i] ? "write" : "read",
      this.run.raw.faults.kinds[f.kind[i]] ?? "?",
      f.frame[i] ? words.count(f.frame[i] - 1) : "",
      victim,
      words.time(f.took_ns[i]),
    ];
  }

  private filter(): void {
    const f = this.run.faults;
    this.rows = [];
    for (let i = 0; i < f.time.length; i++) {
      if (this.pid && f.pid[i] !== Number(this.pid)) continue;
      if (this.kind && f.kind[i] !== Number(this.kind)) continue;
      if (this.text && !this.cells(i).join(" ").toLowerCase().includes(this.text)) continue;
      this.rows.push(i);
    }
    this.found.textContent = `${words.count(this.rows.length)} shown`;
    this.table.refill(this.rows.length);
    this.follow();
  }

  setTime(time: number): void {
    const now = upperBound(this.run.faults.time, time) - 1;
    if (now === this.now) return;
    this.now = now;
    this.follow();
  }

  // Turn to the page with the latest fault.
  private follow(): void {
    const at = upperBound(this.rows, this.now) - 1;
    this.table.show(Math.max(0, at));
  }
}
