// space.ts - one process's address space: its mappings, and which of their pages are where.
import { h, legend, panel } from "./dom";
import { type Cell, Grid } from "./grid";
import type { Run, Space } from "./run";
import { TableTree } from "./tree";
import * as words from "./words";

const CELLS = 512; // of one mapping at most
const MAPPINGS = 24; // drawn, of one process

// What the cells of one mapping show: each a few neighbouring pages.
class Strip {
  readonly element: HTMLElement;
  private readonly title = h("h3", {});
  private readonly grid: Grid;
  private space!: Space;
  private row = 0;
  private perCell = 1;
  private pageRow = new Int32Array(0); // by cell: the first row of `pages` in it, or -1
  private counts: Record<string, number>[] = [];

  constructor(
    private readonly run: Run,
    reveal: (vpn: number) => void,
  ) {
    this.grid = new Grid({
      label: "Pages of this mapping; move with the arrow keys, Enter shows the page-table entry",
      count: 0,
      most: 22,
      cell: (i) => this.cell(i),
      tell: (i) => this.tell(i),
      pick: (i) => reveal(this.pageRow[i] >= 0 ? run.pages.vpn[this.pageRow[i]] : this.first(i)),
    });
    this.element = h("div", { class: "strip" }, this.title, this.grid.element);
  }

  private first(cell: number): number {
    return this.run.vmas.first[this.row] + cell * this.perCell;
  }

  show(space: Space, row: number): void {
    const { first, pages, prot } = this.run.vmas;
    this.space = space;
    this.row = row;
    this.perCell = Math.ceil(pages[row] / CELLS);
    const cells = Math.ceil(pages[row] / this.perCell);
    this.collect(cells);
    const from = first[row] * this.run.pageSize;
    const to = from + pages[row] * this.run.pageSize;
    const each = this.perCell > 1 ? `, ${words.count(this.perCell)} pages a cell` : "";
    const barred = prot[row] === 0 && this.pageRow.every((i) => i < 0);
    this.grid.element.hidden = barred;
    this.title.replaceChildren(
      this.run.mappingName(space, row),
      h("span", {}, ` ${words.protWords(prot[row])} · ${words.bytes(to - from)}${barred ? ", kept free: nobody may touch it" : each}`),
      h("code", {}, `${words.hex(from)} – ${words.hex(to)}`),
    );
    this.grid.update({ count: cells });
  }

  private collect(cells: number): void {
    const { vpn, bits } = this.run.pages;
    const first = this.run.vmas.first[this.row];
    const end = first + this.run.vmas.pages[this.row];
    this.pageRow = new Int32Array(cells).fill(-1);
    this.counts = Array.from({ length: cells }, () => ({}));
    for (let i = this.space.pages[0]; i < this.space.pages[1]; i++) {
      if (vpn[i] < first || vpn[i] >= end) continue;
      const cell = Math.floor((vpn[i] - first) / this.perCell);
      if (this.pageRow[cell] < 0) this.pageRow[cell] = i;
      const kind = pageColor(bits[i]);
      this.counts[cell][kind] = (this.counts[cell][kind] ?? 0) + 1;
    }
  }

  private cell(i: number): Cell {
    let best = "untouched";
    let most = 0;
    for (const [kind, n] of Object.entries(this.counts[i])) {
      if (n > most) [best, most] = [kind, n];
    }
    return pageCell(best);
  }

  private tell(i: number): string {
    const vpn = this.first(i);
    const row = this.pageRow[i];
    if (this.perCell === 1 && row >= 0) {
      const { bits, number, age } = this.run.pages;
      return `Page ${words.hex(vpn)} (address ${words.hex(vpn * this.run.pageSize)}): ${words.pteWords(bits[row], number[row], age[row])}`;
    }
    if (row < 0) {
      const shown = this.space.pageStride > 1 ? " shown" : "";
      return `Page ${words.hex(vpn)}${this.perCell > 1 ? ` and ${this.perCell - 1} more` : ""}: no entry${shown}, never touched or given back`;
    }
    const parts = Object.entries(this.counts[i]).map(([kind, n]) => `${n} ${KIND_WORDS[kind]}`);
    return `Pages ${words.hex(vpn)} – ${words.hex(vpn + this.perCell - 1)}: ${parts.join(", ")}`;
  }
}

const KIND_WORDS: Record<string, string> = {
  clean: "resident, clean",
  dirty: "resident, dirty",
  "zero-page": "on the shared zero page",
  swapped: "in swap",
  moving: "on the way out",
  untouched: "never touched",
};

export function pageColor(bits: number): string {
  switch (words.pteKind(bits)) {
    case "present":
      return bits & words.PTE.D ? "dirty" : "clean";
    case "zero page":
      return "zero-page";
    case "swapped":
      return "swapped";
    case "in transit":
      return "moving";
    default:
      return "untouched";
  }
}

function pageCell(kind: string): Cell {
  const patterns: Record<string, Cell["pattern"]> = {
    dirty: "dot",
    swapped: "hatch",
    moving: "hatch",
    untouched: "outline",
  };
  return { fill: kind === "untouched" ? "free" : kind, pattern: patterns[kind] };
}

export class SpaceMap {
  readonly element: HTMLElement;
  private readonly strips: Strip[] = [];
  private readonly place = h("div", { class: "strips" });
  private readonly note = h("p", { class: "figures" });
  readonly tree: TableTree;

  constructor(private readonly run: Run) {
    this.tree = new TableTree(run);
    this.element = panel(
      "Address space",
      "The process’s mappings, highest address last, and where each page is. A page opens in the page table below.",
      this.note,
      legend([
        ["free outline", "never touched"],
        ["clean", "resident, clean"],
        ["dirty dot", "resident, dirty"],
        ["zero-page", "shared zero page"],
        ["swapped hatch", "in swap"],
        ["moving hatch", "on the way out"],
      ]),
      this.place,
    );
  }

  show(space: Space | undefined, name: string): void {
    const rows = space ? space.vmas : [0, 0];
    const drawn = Math.min(rows[1] - rows[0], MAPPINGS);
    while (this.strips.length < drawn) {
      const strip = new Strip(this.run, (vpn) => this.tree.reveal(vpn));
      this.strips.push(strip);
      this.place.append(strip.element);
    }
    this.strips.forEach((strip, i) => {
      strip.element.hidden = i >= drawn;
      if (space && i < drawn) strip.show(space, rows[0] + i);
    });
    this.note.textContent = space ? this.describe(space, drawn) : `${name} has no memory at this time.`;
    this.tree.show(space);
  }

  private describe(space: Space, drawn: number): string {
    const parts: string[] = [];
    if (space.line) parts.push(`at line ${space.line} of the workload`);
    parts.push(`${words.count(space.vmasInAll)} mappings${space.vmasInAll > drawn ? `, ${drawn} shown` : ""}`);
    parts.push(`${words.count(space.tablesInAll)} tables below the root`);
    if (space.pageStride > 1) {
      parts.push(`one page shown of each group of ${words.count(space.pageStride)}`);
    }
    return parts.join(" · ");
  }
}
