// frames.ts - the frame map: what every page frame of the machine holds at the page's time.
import { h, legend, panel, select } from "./dom";
import { type Cell, Grid } from "./grid";
import type { Run } from "./run";
import { pagedTable } from "./table";
import * as words from "./words";

type Mode = "state" | "owner" | "age";
const FREE = 0;
const ZEROED = 1;
const RESIDENT = 3;

const LEGENDS: Record<Mode, (run: Run) => [string, string][]> = {
  state: () => [
    ["free outline", "free"],
    ["zeroed", "zeroed"],
    ["clean", "resident, clean"],
    ["dirty dot", "resident, dirty"],
    ["moving hatch", "being read or written"],
    ["standby hatch", "on standby"],
  ],
  owner: (run) => [
    ...run.processes.slice(0, 8).map((p, i): [string, string] => [`owner-${i}`, p.name]),
    ["age-4", "nobody: cached"],
  ],
  age: () => [
    ["age-0", "used in this window"],
    ["age-1", "one window ago"],
    ["age-2", "2–3"],
    ["age-3", "4–15"],
    ["age-4", "longer, or never"],
  ],
};

export class FrameMap {
  readonly element: HTMLElement;
  private readonly grid: Grid;
  private readonly summary = h("p", { class: "figures" });
  private readonly key = h("div");
  private readonly table;
  private mode: Mode = "state";
  private picture = 0;

  constructor(private readonly run: Run) {
    const film = run.raw.film;
    const total = run.raw.machine.frames;
    this.grid = new Grid({
      label: `Frame map of ${words.count(film.cells)} frames; move with the arrow keys`,
      count: film.cells,
      cell: (i) => this.cell(i),
      tell: (i) => this.tell(i),
      hint: "Point at a frame, or walk with the arrow keys, to read what it holds.",
    });
    this.table = pagedTable(["frame", "state", "holds", "entry"], film.cells, (i) => this.row(i));
    const modes = [
      { value: "state", label: "state" },
      { value: "owner", label: "owner" },
      { value: "age", label: "age" },
    ];
    const shown =
      film.frame_stride > 1
        ? `One frame in ${words.count(film.frame_stride)} is shown, of the ${words.count(film.frames_used)} that were ever used.`
        : film.cells < total
          ? `The first ${words.count(film.cells)} of ${words.count(total)} frames: the others were never used.`
          : `All ${words.count(total)} frames.`;
    this.element = panel(
      "Frames",
      `What each page frame of physical memory holds; large cells show the page’s number within its mapping. ${shown}`,
      h(
        "div",
        { class: "bar" },
        select("Colour by", modes, this.mode, (mode) => this.setMode(mode as Mode)),
        this.summary,
      ),
      this.key,
      this.grid.element,
      h("details", { class: "behind" }, h("summary", {}, "As a table"), this.table),
    );
    this.setMode(this.mode);
  }

  setPicture(picture: number): void {
    this.picture = picture;
    this.grid.update({});
    this.table.refill(this.run.raw.film.cells);
    this.summarize();
  }

  private setMode(mode: Mode): void {
    this.mode = mode;
    this.key.replaceChildren(legend(LEGENDS[mode](this.run)));
    this.grid.update({});
  }

  private at(i: number): number {
    return this.picture * this.run.raw.film.cells + i;
  }

  private summarize(): void {
    const counts = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < this.run.raw.film.cells; i++) counts[this.run.frames.use[this.at(i)]]++;
    this.summary.textContent = counts
      .map((n, use) => (n ? `${words.count(n)} ${words.FRAME_USES[use]}` : ""))
      .filter(Boolean)
      .join(" · ");
  }

  private cell(i: number): Cell {
    const { use, bits, pid, vpn, age } = this.run.frames;
    const k = this.at(i);
    if (use[k] === FREE) return { fill: "free", pattern: "outline" };
    if (use[k] === ZEROED) return { fill: "zeroed" };
    const text = use[k] >= RESIDENT ? () => this.run.placeOf(this.picture, pid[k], vpn[k])?.[0] ?? "" : undefined;
    if (this.mode === "owner") return { fill: pid[k] ? `owner-${(pid[k] - 1) % 8}` : "age-4", text };
    if (this.mode === "age") return { fill: `age-${ageStep(age[k])}`, text };
    if (use[k] === 5) return { fill: "standby", pattern: "hatch", text };
    if (use[k] !== RESIDENT) return { fill: "moving", pattern: "hatch", text };
    return bits[k] & words.PTE.D
      ? { fill: "dirty", pattern: "dot", text }
      : { fill: "clean", text };
  }

  private row(i: number): string[] {
    const { use, pid, vpn, bits, flags, age } = this.run.frames;
    const k = this.at(i);
    const pfn = i * this.run.raw.film.frame_stride;
    const state = words.FRAME_USES[use[k]];
    if (use[k] < RESIDENT) return [words.count(pfn), state, "", ""];
    if (pid[k] === 0) return [words.count(pfn), state, "a page in the page cache or swap cache that nobody maps", ""];
    const place = this.run.placeOf(this.picture, pid[k], vpn[k]);
    const where = place ? ` (page ${place[0]} of the ${place[1]})` : "";
    const page = `page ${words.hex(vpn[k])}${where} of ${this.run.processName(pid[k])}`;
    const kind = flags[k] & 1 && !place ? ", of a file" : flags[k] & 2 ? ", with a copy in swap" : "";
    const entry = use[k] === RESIDENT ? words.pteWords(bits[k], pfn, age[k]) : "";
    return [words.count(pfn), state, page + kind, entry];
  }

  private tell(i: number): string {
    const [pfn, state, page, entry] = this.row(i);
    return [`Frame ${pfn}: ${state}`, page, entry.replace(/^present in frame [\d,]+: /, "")]
      .filter(Boolean)
      .join("; ");
  }
}

// Windows since the last use, in five steps; 0 means unknown, 1 this window (film_json.c).
export function ageStep(age: number): number {
  if (age === 0) return 4;
  return age === 1 ? 0 : age === 2 ? 1 : age <= 4 ? 2 : age <= 16 ? 3 : 4;
}
