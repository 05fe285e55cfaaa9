// grid.ts - many small cells on one canvas, one of them the reader's.
//
// Idea: a cell is a colour and, if it is large enough, a word; what it means in full is told in
// words, to those who hover, touch, or walk with the arrow keys.
import { color, h, onTheme } from "./dom";

export interface Cell {
  fill: string; // a variable of the style sheet
  pattern?: "hatch" | "dot" | "outline";
  text?: () => string;
}

interface Options {
  label: string;
  count: number;
  cell: (index: number) => Cell;
  tell: (index: number) => string;
  hint?: string; // told while no cell is chosen
  wide?: boolean; // large cells may be this: wide enough for an address
  most?: number; // the largest side of a cell, in pixels
  pick?: (index: number) => void;
}

export class Grid {
  readonly element: HTMLElement;
  private readonly canvas = h("canvas", { "aria-hidden": "true" });
  private readonly words = h("p", { class: "tell", role: "status" });
  private columns = 1;
  private side = 8;
  private height = 8;
  private chosen = -1;
  private width = 0;

  constructor(private options: Options) {
    const stage = h(
      "div",
      { class: "grid", role: "application", tabindex: 0, "aria-label": options.label },
      this.canvas,
    );
    this.element = h("div", { class: "gridbox" }, stage, this.words);
    stage.addEventListener("keydown", (event) => this.onKey(event));
    stage.addEventListener("focus", () => this.choose(this.chosen < 0 ? 0 : this.chosen));
    this.canvas.addEventListener("pointermove", (event) => this.choose(this.cellAt(event)));
    this.canvas.addEventListener("pointerdown", (event) => this.choose(this.cellAt(event)));
    this.canvas.addEventListener("click", (event) => {
      const index = this.cellAt(event);
      if (index >= 0) options.pick?.(index);
    });
    new ResizeObserver(() => this.layout()).observe(stage);
    onTheme(() => this.draw());
    this.tell();
  }

  update(options: Partial<Options>): void {
    const before = this.options.count;
    this.options = { ...this.options, ...options };
    if (this.options.count !== before) {
      this.width = 0;
      if (this.chosen >= this.options.count) this.chosen = -1;
      this.layout();
    } else {
      this.draw();
    }
    this.tell();
  }

  choose(index: number): void {
    if (index < 0 || index >= this.options.count || index === this.chosen) return;
    this.chosen = index;
    this.draw();
    this.tell();
  }

  private tell(): void {
    const chosen = this.chosen >= 0 && this.chosen < this.options.count;
    this.words.textContent = chosen ? this.options.tell(this.chosen) : (this.options.hint ?? "");
    this.words.classList.toggle("dim", !chosen);
  }

  private layout(): void {
    const width = this.canvas.parentElement?.clientWidth ?? 0;
    if (width === 0 || width === this.width) return;
    this.width = width;
    const { count, wide, most = 64 } = this.options;
    // As large as fits into about 260 pixels of height.
    let side = wide ? Math.min(most, 64) : most;
    const rowsFor = (s: number): number => Math.ceil(count / Math.max(1, Math.floor(width / s)));
    while (side > 6 && rowsFor(side) * Math.min(side, 40) > 260) side--;
    this.side = side;
    this.height = Math.min(side, 40);
    this.columns = Math.max(1, Math.floor(width / side));
    this.draw();
  }

  private draw(): void {
    const { count } = this.options;
    if (this.width === 0) return;
    const rows = Math.max(1, Math.ceil(count / this.columns));
    const ratio = Math.min(devicePixelRatio || 1, 3);
    this.canvas.width = this.columns * this.side * ratio;
    this.canvas.height = (rows * this.height + 2) * ratio;
    this.canvas.style.width = `${this.columns * this.side}px`;
    this.canvas.style.height = `${rows * this.height + 2}px`;
    const c = this.canvas.getContext("2d");
    if (!c) return;
    c.scale(ratio, ratio);
    const colors = new Map<string, string>();
    const named = (name: string): string => {
      let value = colors.get(name);
      if (value === undefined) colors.set(name, (value = color(name)));
      return value;
    };
    for (let i = 0; i < count; i++) this.drawCell(c, i, named);
    if (this.chosen >= 0) this.drawChosen(c, named("ink"));
  }

  private box(index: number): [number, number, number, number] {
    const gap = this.side > 9 ? 2 : 1;
    const x = (index % this.columns) * this.side + gap / 2;
    const y = Math.floor(index / this.columns) * this.height + 1;
    return [x, y, this.side - gap, this.height - gap];
  }

  private drawCell(c: CanvasRenderingContext2D, i: number, named: (n: string) => string): void {
    const cell = this.options.cell(i);
    const [x, y, w, t] = this.box(i);
    c.fillStyle = named(cell.fill);
    c.beginPath();
    if (this.side > 14) c.roundRect(x, y, w, t, 3);
    else c.rect(x, y, w, t);
    c.fill();
    if (cell.pattern === "outline") {
      c.strokeStyle = named("line-strong");
      c.lineWidth = 1;
      c.strokeRect(x + 0.5, y + 0.5, w - 1, t - 1);
    } else if (cell.pattern === "hatch") {
      c.save();
      c.clip();
      c.strokeStyle = named("surface");
      c.lineWidth = Math.max(1, this.side / 14);
      c.beginPath();
      for (let d = -t; d < w; d += Math.max(4, this.side / 5)) {
        c.moveTo(x + d, y + t);
        c.lineTo(x + d + t, y);
      }
      c.stroke();
      c.restore();
    } else if (cell.pattern === "dot") {
      c.fillStyle = named("surface");
      c.beginPath();
      c.arc(x + w - Math.min(9, w / 5), y + t / 5, Math.min(4, Math.max(1, this.side / 11)), 0, 7);
      c.fill();
    }
    if (cell.text && this.side >= 28) {
      c.fillStyle = named(`${cell.fill}-text`) || named("ink");
      c.font = `600 ${Math.min(12, this.side / 3.2)}px ui-monospace, monospace`;
      c.textAlign = "center";
      c.textBaseline = "middle";
      c.fillText(cell.text(), x + w / 2, y + t / 2 + 0.5, w - 4);
    }
  }

  private drawChosen(c: CanvasRenderingContext2D, ink: string): void {
    const [x, y, w, t] = this.box(this.chosen);
    c.strokeStyle = ink;
    c.lineWidth = 2;
    c.strokeRect(x - 0.5, y - 0.5, w + 1, t + 1);
  }

  private cellAt(event: MouseEvent): number {
    const box = this.canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / this.side);
    const row = Math.floor((event.clientY - box.top - 1) / this.height);
    const index = row * this.columns + column;
    return column >= 0 && column < this.columns && index < this.options.count ? index : -1;
  }

  private onKey(event: KeyboardEvent): void {
    const last = this.options.count - 1;
    const at = Math.max(0, this.chosen);
    const to: Record<string, number> = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at - this.columns,
      ArrowDown: at + this.columns,
      Home: 0,
      End: last,
    };
    if (event.key in to) {
      this.choose(Math.min(last, Math.max(0, to[event.key])));
      event.preventDefault();
      event.stopPropagation();
    } else if ((event.key === "Enter" || event.key === " ") && this.chosen >= 0) {
      this.options.pick?.(this.chosen);
      event.preventDefault();
      event.stopPropagation();
    }
  }
}
