// heap.ts - the heap as it lies in memory: blocks and their headers, the links of the free lists,
// and the pages underneath; and the lists by name, each of which can be picked out.
//
//   | header | used ......... | header | free . . . . . .|      one row, so many bytes wide
//   |======== page ========|======== page ========|            where each page is
import { color, h, legend, onTheme, panel } from "./dom";
import type { Run, Space } from "./run";
import { pageColor } from "./space";
import { pagedTable } from "./table";
import * as words from "./words";

const ROW = 30; // pixels of blocks
const STRIP = 6; // ... of pages under them
const GAP = 12;
const ABOVE = 10; // for the arcs of the first row
const ROWS_MAX = 14;
const FREE = 0;
const USED = 1;
const LISTS_MAX = 24;
const UNNAMED = "free"; // the list of free blocks that the allocator gives no name

interface Row {
  from: number; // address
  broken: boolean; // the row before it ends elsewhere
}

export class HeapMap {
  readonly element: HTMLElement;
  private readonly canvas = h("canvas", { "aria-hidden": "true" });
  private readonly words = h("p", { class: "tell", role: "status" });
  private readonly figures = h("p", { class: "figures" });
  private readonly lists = h("ul", { class: "lists", "aria-label": "Free blocks by list" });
  private readonly flagKey = h("p", { class: "flags" }, words.FLAG_LEGEND);
  private readonly stage: HTMLElement;
  private readonly key = legend([
    ["used", "used"],
    ["block-free outline", "free"],
    ["overhead", "header, allocator’s own"],
    ["clean", "page resident, clean"],
    ["dirty", "dirty"],
    ["swapped", "in swap"],
    ["free outline", "not there"],
  ]);
  private readonly details: HTMLElement;
  private readonly table;
  private space: Space | undefined;
  private rows: Row[] = [];
  private perRow = 4096;
  private chosen = -1;
  private picked = ""; // the name of a list
  private together = false; // lists of a kind count as one
  private width = 0;

  constructor(private readonly run: Run) {
    this.stage = h(
      "div",
      { class: "grid heap", role: "application", tabindex: 0, "aria-label": "Heap map; left and right move from block to block" },
      this.canvas,
    );
    this.table = pagedTable(["address", "bytes", "kind", "list", "flags", "payload", "next on its list"], 0, (i) =>
      this.row((this.space?.blocks[0] ?? 0) + i),
    );
    this.details = h("details", { class: "behind" }, h("summary", {}, "As a table"), this.table);
    this.element = panel(
      "Heap",
      "Blocks of the allocator at their addresses; the darker front of a block is its header. Arrows are links of a list. The thin line under them tells where each page is. A button picks out the free blocks of one list.",
      this.figures,
      this.key,
      this.lists,
      this.flagKey,
      this.stage,
      this.words,
      this.details,
    );
    this.canvas.addEventListener("pointermove", (event) => this.choose(this.blockAt(event)));
    this.canvas.addEventListener("pointerdown", (event) => this.choose(this.blockAt(event)));
    this.stage.addEventListener("keydown", (event) => this.onKey(event));
    new ResizeObserver(() => this.draw()).observe(this.stage);
    onTheme(() => this.draw());
  }

  show(space: Space | undefined, sample: { heap: number; live: number }): void {
    this.space = space;
    const [from, to] = space ? space.blocks : [0, 0];
    this.element.hidden = !this.run.blocks.va.length;
    this.figures.textContent = this.describe(space, sample);
    this.stage.hidden = this.key.hidden = this.words.hidden = this.details.hidden = this.lists.hidden =
      from === to;
    this.flagKey.hidden = !this.hasFlags(from, to);
    this.chosen = -1;
    this.words.textContent = " ";
    this.fillLists(from, to);
    this.layout(from, to);
    this.table.refill(to - from);
    this.draw();
  }

  private describe(space: Space | undefined, sample: { heap: number; live: number }): string {
    if (!space || space.blocks[0] === space.blocks[1]) {
      return space?.heapLeftOut ? "The heap has too many blocks for a picture." : "No heap at this time.";
    }
    const shown = space.blocks[1] - space.blocks[0];
    const parts = [
      `${words.bytes(sample.heap)} held, ${words.bytes(sample.live)} live`,
      `${words.bytes(space.free)} free, the largest block ${words.bytes(space.largestFree)}`,
    ];
    if (space.free > 0) {
      parts.push(`external fragmentation ${words.percent(space.free - space.largestFree, space.free)}`);
    }
    parts.push(
      space.blocksInAll > shown
        ? `the first ${words.count(shown)} of ${words.count(space.blocksInAll)} blocks`
        : `${words.count(shown)} blocks`,
    );
    return parts.join(" · ");
  }

  // ---- lists ---------------------------------------------------------------------------------

  private listOf(i: number): string {
    const name = this.run.listOf(i) || (this.run.blocks.kind[i] === FREE ? UNNAMED : "");
    return this.together ? name.split(" ")[0] : name;
  }

  private hasFlags(from: number, to: number): boolean {
    for (let i = from; i < to; i++) if (this.run.flagsOf(i)) return true;
    return false;
  }

  private sumLists(from: number, to: number): Map<string, [blocks: number, bytes: number]> {
    const sums = new Map<string, [number, number]>();
    for (let i = from; i < to; i++) {
      const name = this.listOf(i);
      const [blocks, bytes] = sums.get(name) ?? [0, 0];
      if (name) sums.set(name, [blocks + 1, bytes + this.run.blocks.length[i]]);
    }
    return sums;
  }

  // A button for each list; where there are too many, one for all lists of a kind.
  private fillLists(from: number, to: number): void {
    this.together = false;
    let sums = this.sumLists(from, to);
    if ((this.together = sums.size > LISTS_MAX)) sums = this.sumLists(from, to);
    if (!sums.has(this.picked)) this.picked = "";
    this.lists.replaceChildren(
      ...[...sums].sort((a, b) => words.compareLists(a[0], b[0])).map(([name, sum]) => this.button(name, ...sum)),
    );
  }

  private button(name: string, blocks: number, bytes: number): HTMLElement {
    const button = h(
      "button",
      { type: "button", "aria-pressed": name === this.picked ? "true" : "false", click: () => this.pick(name) },
      h("strong", {}, name),
      ` ${words.count(blocks)} ${blocks === 1 ? "block" : "blocks"}, ${words.bytes(bytes)}`,
    );
    return h("li", { "data-list": name }, button);
  }

  private pick(name: string): void {
    this.picked = this.picked === name ? "" : name;
    for (const item of this.lists.children) {
      const on = (item as HTMLElement).dataset.list === this.picked;
      item.firstElementChild?.setAttribute("aria-pressed", on ? "true" : "false");
    }
    this.draw();
  }

  // ---- where what is -------------------------------------------------------------------------

  private layout(from: number, to: number): void {
    this.perRow = 256;
    do {
      this.rows = this.rowsOf(from, to);
      this.perRow *= 2;
    } while (this.rows.length > ROWS_MAX && this.perRow < 2 ** 50);
    this.perRow /= 2;
  }

  private rowsOf(from: number, to: number): Row[] {
    const { va, length } = this.run.blocks;
    const rows: Row[] = [];
    for (let i = from; i < to && rows.length <= ROWS_MAX; i++) {
      const first = Math.floor(va[i] / this.perRow) * this.perRow;
      const end = va[i] + length[i];
      for (let at = first; at < end && rows.length <= ROWS_MAX; at += this.perRow) {
        const last = rows[rows.length - 1];
        if (!last || at !== last.from) rows.push({ from: at, broken: !!last && at !== last.from + this.perRow });
      }
    }
    return rows;
  }

  private top(row: number): number {
    return ABOVE + row * (ROW + STRIP + GAP);
  }
  private x(row: number, address: number): number {
    const part = (address - this.rows[row].from) / this.perRow;
    return Math.min(1, Math.max(0, part)) * this.width;
  }
  private rowOf(address: number): number {
    return this.rows.findIndex((r) => address >= r.from && address < r.from + this.perRow);
  }

  // ---- drawing -------------------------------------------------------------------------------

  private draw(): void {
    this.width = this.canvas.parentElement?.clientWidth ?? 0;
    if (!this.width || !this.space || !this.rows.length) return;
    const ratio = Math.min(devicePixelRatio || 1, 3);
    const height = this.top(this.rows.length);
    this.canvas.width = this.width * ratio;
    this.canvas.height = height * ratio;
    this.canvas.style.width = `${this.width}px`;
    this.canvas.style.height = `${height}px`;
    const c = this.canvas.getContext("2d");
    if (!c) return;
    c.scale(ratio, ratio);
    this.drawPages(c);
    for (let i = this.space.blocks[0]; i < this.space.blocks[1]; i++) this.drawBlock(c, i);
    for (let i = this.space.blocks[0]; i < this.space.blocks[1]; i++) this.drawLink(c, i);
  }

  private drawPages(c: CanvasRenderingContext2D): void {
    const size = this.run.pageSize;
    const space = this.space as Space;
    this.rows.forEach((row, r) => {
      const step = Math.max(size, this.perRow / 256);
      for (let at = row.from - (row.from % size); at < row.from + this.perRow; at += step) {
        const page = this.run.findPage(space, Math.floor(at / size));
        const kind = page < 0 ? "untouched" : pageColor(this.run.pages.bits[page]);
        const left = this.x(r, at) + 0.5;
        const width = this.x(r, at + step) - left - 0.5;
        const y = this.top(r) + ROW + 3;
        if (kind === "untouched") {
          c.strokeStyle = color("line-strong");
          c.strokeRect(left + 0.5, y + 0.5, Math.max(0.5, width - 1), STRIP - 1);
        } else {
          c.fillStyle = color(kind);
          c.fillRect(left, y, Math.max(0.5, width), STRIP);
        }
      }
    });
  }

  private drawBlock(c: CanvasRenderingContext2D, i: number): void {
    const { va, length, kind, payload } = this.run.blocks;
    const chosen = i === this.chosen;
    const picked = this.picked !== "" && this.listOf(i) === this.picked;
    const fill = kind[i] === FREE ? "block-free" : kind[i] === USED ? "used" : "overhead";
    const header = payload[i] > va[i] ? payload[i] - va[i] : 0;
    for (let r = Math.max(0, this.rowOf(va[i])); r < this.rows.length; r++) {
      const row = this.rows[r];
      if (row.from >= va[i] + length[i]) break;
      const left = this.x(r, va[i]);
      const right = this.x(r, va[i] + length[i]);
      const y = this.top(r);
      const width = Math.max(0.7, right - left - (right - left > 4 ? 1 : 0));
      c.fillStyle = color(fill);
      c.fillRect(left, y, width, ROW);
      if (header && va[i] >= row.from) {
        c.fillStyle = color("overhead");
        c.fillRect(left, y, Math.max(0.7, Math.min(width, this.x(r, payload[i]) - left)), ROW);
      }
      if (kind[i] === FREE && width > 3) {
        c.strokeStyle = color("line-strong");
        c.lineWidth = 1;
        c.strokeRect(left + 0.5, y + 0.5, width - 1, ROW - 1);
      }
      if (picked) {
        c.fillStyle = color("c-green");
        c.fillRect(left, y, Math.max(2, width), ROW);
        c.strokeStyle = color("ink");
        c.lineWidth = 1;
        c.strokeRect(left + 0.5, y + 0.5, Math.max(1, width - 1), ROW - 1);
      }
      if (chosen) {
        c.strokeStyle = color("ink");
        c.lineWidth = 2;
        c.strokeRect(left + 1, y + 1, Math.max(2, width - 2), ROW - 2);
      }
    }
  }

  // From a block to the next one on its list.
  private drawLink(c: CanvasRenderingContext2D, i: number): void {
    const { va, length, link } = this.run.blocks;
    if (!link[i]) return;
    const [r, s] = [this.rowOf(va[i]), this.rowOf(link[i])];
    if (r < 0 || s < 0) return;
    const middle = (row: number, at: number, bytes: number): number =>
      (this.x(row, at) + this.x(row, at + bytes)) / 2;
    const x0 = middle(r, va[i], Math.min(length[i], this.perRow / 8));
    const x1 = this.x(s, link[i]) + 5;
    const y0 = this.top(r) + ROW / 2;
    const y1 = this.top(s) + ROW / 2;
    const bend = r === s ? -ROW / 2 - Math.min(10, Math.abs(x1 - x0) / 20) : 0;
    c.strokeStyle = c.fillStyle = color("link");
    c.lineWidth = i === this.chosen ? 2.5 : 1.4;
    c.beginPath();
    c.moveTo(x0, y0);
    c.quadraticCurveTo((x0 + x1) / 2, (y0 + y1) / 2 + bend * 1.6, x1, y1);
    c.stroke();
    const angle = Math.atan2(y1 - ((y0 + y1) / 2 + bend * 1.6), x1 - (x0 + x1) / 2);
    c.beginPath();
    c.moveTo(x1, y1);
    c.lineTo(x1 - 7 * Math.cos(angle - 0.45), y1 - 7 * Math.sin(angle - 0.45));
    c.lineTo(x1 - 7 * Math.cos(angle + 0.45), y1 - 7 * Math.sin(angle + 0.45));
    c.fill();
    c.beginPath();
    c.arc(x0, y0, 2.2, 0, 7);
    c.fill();
  }

  // ---- one block -------------------------------------------------------------------------------

  private row(i: number): string[] {
    const { va, length, kind, payload, payload_length, link } = this.run.blocks;
    return [
      words.hex(va[i]),
      words.count(length[i]),
      words.BLOCK_KINDS[kind[i]],
      this.run.listOf(i),
      this.run.flagsOf(i) ?? "",
      payload[i] ? `${words.hex(payload[i])}, ${words.count(payload_length[i])} bytes` : "",
      link[i] ? words.hex(link[i]) : "",
    ];
  }

  private tell(i: number): string {
    const { va, length, payload } = this.run.blocks;
    const [address, size, kind, list, , inside, link] = this.row(i);
    const flags = this.run.flagsOf(i);
    const page = Math.floor(va[i] / this.run.pageSize);
    const row = this.space ? this.run.findPage(this.space, page) : -1;
    const where = row < 0 ? "without an entry" : words.pteWords(this.run.pages.bits[row], this.run.pages.number[row]);
    const header = payload[i] > va[i] ? `, header of ${payload[i] - va[i]} bytes` : "";
    const pages = Math.floor((va[i] + length[i] - 1) / this.run.pageSize) - page + 1;
    return [
      `Block at ${address}: ${size} bytes, ${kind}${list && `, on the list ${list}`}${header}`,
      flags !== undefined && words.flagWords(flags),
      inside && `payload at ${inside}`,
      link && `the next on its list is at ${link}`,
      `on ${pages} ${pages === 1 ? "page" : "pages"}; the first is ${where}`,
    ]
      .filter(Boolean)
      .join("; ");
  }

  private choose(i: number): void {
    if (i < 0 || i === this.chosen) return;
    this.chosen = i;
    this.words.textContent = this.tell(i);
    this.draw();
  }

  private blockAt(event: MouseEvent): number {
    const box = this.canvas.getBoundingClientRect();
    const r = Math.floor((event.clientY - box.top - ABOVE) / (ROW + STRIP + GAP));
    if (!this.space || !this.rows[r]) return -1;
    const address = this.rows[r].from + ((event.clientX - box.left) / this.width) * this.perRow;
    const { va, length } = this.run.blocks;
    for (let i = this.space.blocks[0]; i < this.space.blocks[1]; i++) {
      if (address >= va[i] && address < va[i] + length[i]) return i;
    }
    return -1;
  }

  private onKey(event: KeyboardEvent): void {
    if (!this.space) return;
    const [from, to] = this.space.blocks;
    const at = this.chosen < 0 ? from - 1 : this.chosen;
    const steps: Record<string, number> = {
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      Home: from,
      End: to - 1,
    };
    if (!(event.key in steps)) return;
    this.choose(Math.min(to - 1, Math.max(from, steps[event.key])));
    event.preventDefault();
    event.stopPropagation();
  }
}
