// tree.ts - the page table as a tree that opens from the root to the entries, with their bits.
//
// Follows the keyboard pattern of a tree view: up and down move, right opens, left closes.
import { h, panel } from "./dom";
import type { Run, Space } from "./run";
import * as words from "./words";

const ENTRIES = 128; // of one leaf table shown at once

interface Node {
  key: string;
  level: number;
  first: number; // page number
  index: number; // of the entry that leads here
  number: number; // of the table; 0 is the root
  children: Node[];
  pages: [number, number]; // rows of `pages` below it
}

export class TableTree {
  readonly element: HTMLElement;
  private readonly list = h("ul", { class: "tree", role: "tree", "aria-label": "Page table" });
  private readonly note = h("p", { class: "about" });
  private readonly opened = new Set<string>();
  private readonly names: string[];
  private readonly shifts: number[] = []; // pages that an entry of each level covers, log 2
  private focusKey = "0:0";
  private space: Space | undefined;

  constructor(private readonly run: Run) {
    const bits = run.raw.machine.levels;
    this.names = words.levelNames(bits.length);
    bits.forEach((_, level) => {
      this.shifts.push(bits.slice(level + 1).reduce((a, b) => a + b, 0));
    });
    this.list.addEventListener("keydown", (event) => this.onKey(event));
    this.list.addEventListener("click", (event) => this.onClick(event));
    this.element = panel(
      "Page table",
      `${run.raw.machine.mmu}: an address is split into ${bits.length} indices of ${bits.join(", ")} bits and an offset of ${run.raw.machine.page_shift}. Open a table to see its entries, bit by bit: P present, W writable, U for programs, A accessed, D dirty, Z the shared zero page, NX no execute; struck through means not set.`,
      this.note,
      this.list,
    );
  }

  show(space: Space | undefined): void {
    this.space = space;
    if (space && this.opened.size === 0) this.openFirst(this.build(space));
    this.render();
  }

  // Open the way down to a page and go there.
  reveal(vpn: number): void {
    this.shifts.forEach((_, level) => {
      const above = level === 0 ? Infinity : 2 ** this.shifts[level - 1];
      const first = above === Infinity ? 0 : Math.floor(vpn / above) * above;
      this.opened.add(`${level}:${first}`);
    });
    this.focusKey = `pte:${vpn}`;
    this.render();
    const item = this.items().find((i) => i.dataset.key === this.focusKey);
    (item ?? this.items()[0])?.focus();
    (item ?? this.list).scrollIntoView({ block: "center", behavior: "smooth" });
  }

  // To begin with: the way down to the first table of entries.
  private openFirst(node: Node): void {
    this.opened.add(node.key);
    if (node.children.length) this.openFirst(node.children[0]);
  }

  // ---- the tables of this picture -------------------------------------------------------------

  private build(space: Space): Node {
    const { level, number, index } = this.run.tables;
    const root: Node = { key: "0:0", level: 0, first: 0, index: 0, number: 0, children: [], pages: space.pages };
    const path = [root];
    for (let row = space.tables[0]; row < space.tables[1]; row++) {
      const parent = path[level[row] - 1];
      const first = parent.first + index[row] * 2 ** this.shifts[level[row] - 1];
      const node: Node = {
        key: `${level[row]}:${first}`,
        level: level[row],
        first,
        index: index[row],
        number: number[row],
        children: [],
        pages: this.pagesIn(space, first, first + 2 ** this.shifts[level[row] - 1]),
      };
      parent.children.push(node);
      path[level[row]] = node;
    }
    return root;
  }

  private pagesIn(space: Space, first: number, end: number): [number, number] {
    const { vpn } = this.run.pages;
    const bound = (page: number): number => {
      let [low, high] = space.pages;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (vpn[middle] < page) low = middle + 1;
        else high = middle;
      }
      return low;
    };
    return [bound(first), bound(end)];
  }

  // ---- drawing -------------------------------------------------------------------------------

  private render(): void {
    const focused = this.list.contains(document.activeElement);
    this.list.replaceChildren();
    this.note.textContent = "";
    if (!this.space) {
      this.note.textContent = "No page table at this time.";
      this.list.hidden = true;
      return;
    }
    this.list.hidden = false;
    const shown = this.space.tables[1] - this.space.tables[0];
    if (shown < this.space.tablesInAll) {
      this.note.textContent = `${words.count(shown)} of ${words.count(this.space.tablesInAll)} tables are shown.`;
    }
    this.list.append(this.renderNode(this.build(this.space)));
    const items = this.items();
    const current = items.find((i) => i.dataset.key === this.focusKey) ?? items[0];
    for (const item of items) item.tabIndex = item === current ? 0 : -1;
    if (focused) current.focus({ preventScroll: true });
  }

  private renderNode(node: Node): HTMLElement {
    const open = this.opened.has(node.key);
    const leaf = node.level === this.names.length - 1;
    const name = this.names[node.level];
    const inside = leaf
      ? `${words.count(node.pages[1] - node.pages[0])} entries`
      : `${words.count(node.children.length)} ${this.names[node.level + 1]}${node.children.length === 1 ? "" : "s"}`;
    const label =
      node.level === 0
        ? h("span", {}, h("b", {}, name), ", the root")
        : h("span", {}, `entry ${node.index} → `, h("b", {}, name), ` table ${node.number}`);
    const item = h(
      "li",
      { role: "treeitem", "aria-expanded": String(open), "data-key": node.key, tabindex: -1 },
      h(
        "span",
        { class: "row" },
        h("span", { class: "twist", "aria-hidden": "true" }, open ? "▾" : "▸"),
        label,
        h("span", { class: "dim" }, inside),
        h("code", { class: "dim" }, `from ${words.hex(node.first * this.run.pageSize)}`),
      ),
    );
    if (open) {
      const group = h("ul", { role: "group" });
      for (const child of node.children) group.append(this.renderNode(child));
      if (leaf) this.renderEntries(group, node);
      if (group.childElementCount) item.append(group);
    }
    return item;
  }

  private renderEntries(group: HTMLElement, node: Node): void {
    const { vpn, bits, number, age } = this.run.pages;
    const [from, to] = node.pages;
    // The part with the page that was asked for, if there is one.
    const wanted = this.focusKey.startsWith("pte:") ? Number(this.focusKey.slice(4)) : -1;
    let start = from;
    for (let i = from; i < to; i++) if (vpn[i] === wanted) start = i - ((i - from) % ENTRIES);
    const end = Math.min(to, start + ENTRIES);
    for (let i = start; i < end; i++) {
      const entry = vpn[i] - node.first;
      const page = words.hex(vpn[i]);
      group.append(
        h(
          "li",
          {
            role: "treeitem",
            "data-key": `pte:${vpn[i]}`,
            tabindex: -1,
            title: words.pteWords(bits[i], number[i], age[i]),
          },
          h(
            "span",
            { class: "row pte" },
            h("span", { class: "entry" }, `entry ${entry}`),
            drawEntry(bits[i], number[i]),
            h("code", { class: "dim" }, `page ${page}`),
            h("span", { class: "unseen" }, words.pteWords(bits[i], number[i], age[i])),
          ),
        ),
      );
    }
    const more = to - from - (end - start);
    if (more > 0) {
      group.append(
        h("li", { role: "treeitem", tabindex: -1, "data-key": `more:${node.first}` }, h("span", { class: "row dim" }, `${more} more entries; pick a page above to see its own`)),
      );
    }
  }

  // ---- moving about --------------------------------------------------------------------------

  private items(): HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>("[role=treeitem]")];
  }

  private toggle(key: string, open?: boolean): void {
    const opens = open ?? !this.opened.has(key);
    if (opens) this.opened.add(key);
    else this.opened.delete(key);
    this.focusKey = key;
    this.render();
    this.items().find((i) => i.dataset.key === key)?.focus({ preventScroll: true });
  }

  private onClick(event: MouseEvent): void {
    const item = (event.target as HTMLElement).closest<HTMLElement>("[role=treeitem]");
    if (!item?.dataset.key) return;
    if (item.hasAttribute("aria-expanded")) this.toggle(item.dataset.key);
    else this.moveTo(item);
  }

  private moveTo(item: HTMLElement | undefined): void {
    if (!item) return;
    for (const other of this.items()) other.tabIndex = other === item ? 0 : -1;
    this.focusKey = item.dataset.key ?? "";
    item.focus();
  }

  private onKey(event: KeyboardEvent): void {
    const items = this.items();
    const at = items.indexOf(document.activeElement as HTMLElement);
    if (at < 0) return;
    const item = items[at];
    const open = item.getAttribute("aria-expanded");
    const key = item.dataset.key ?? "";
    if (event.key === "ArrowDown") this.moveTo(items[at + 1]);
    else if (event.key === "ArrowUp") this.moveTo(items[at - 1]);
    else if (event.key === "Home") this.moveTo(items[0]);
    else if (event.key === "End") this.moveTo(items[items.length - 1]);
    else if (event.key === "ArrowRight" && open === "false") this.toggle(key, true);
    else if (event.key === "ArrowRight" && open === "true") this.moveTo(items[at + 1]);
    else if (event.key === "ArrowLeft" && open === "true") this.toggle(key, false);
    else if (event.key === "ArrowLeft")
      this.moveTo(item.parentElement?.closest<HTMLElement>("[role=treeitem]") ?? undefined);
    else if ((event.key === "Enter" || event.key === " ") && open !== null) this.toggle(key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

// The entry as it is drawn in mmu/hardware/pte.h: bit 63 on the left.
function drawEntry(bits: number, number: number): HTMLElement {
  const { PTE } = words;
  const kind = words.pteKind(bits);
  const present = (bits & PTE.P) !== 0;
  const box = (name: string, on: boolean, meaning: string): HTMLElement =>
    h("i", { class: on ? "bit on" : "bit", title: `${name}: ${meaning}` }, name);
  const field = kind === "none" ? "" : `${kind === "swapped" ? "slot" : "frame"} ${number}`;
  return h(
    "span",
    { class: "bits", "aria-hidden": "true" },
    box("NX", (bits & PTE.NX) !== 0, "no execute, bit 63"),
    h("i", { class: `field ${present ? "on" : ""}`, title: "bits 51–12" }, kind === "zero page" ? "zero page" : field),
    ...(present
      ? [
          box("Z", (bits & PTE.Z) !== 0, "maps the shared zero page, bit 9"),
          box("D", (bits & PTE.D) !== 0, "dirty, bit 6"),
          box("A", (bits & PTE.A) !== 0, "accessed, bit 5"),
          box("U", (bits & PTE.U) !== 0, "programs may use it, bit 2"),
          box("W", (bits & PTE.W) !== 0, "writable, bit 1"),
        ]
      : [h("i", { class: "field", title: "bits 3–1" }, kind)]),
    box("P", present, "present, bit 0"),
  );
}
