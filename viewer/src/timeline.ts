// timeline.ts - the page's one clock: play, step, scrub, zoom; for mouse, touch and keys.
//
// Playing goes from picture to picture: they are spread evenly over what happened (sim/film.h), so
// a long sleep does not bore.
import { h } from "./dom";
import type { Mark } from "./charts";
import { upperBound } from "./run";
import * as words from "./words";

const STEPS = 100000; // of the slider
const PLAY_MS = 200; // a picture

export class Timeline {
  readonly element: HTMLElement;
  private readonly slider: HTMLInputElement;
  private readonly clock = h("output", { class: "clock" });
  private readonly playButton: HTMLButtonElement;
  private readonly view = h("div", { class: "view", "aria-hidden": "true" });
  private timer = 0;
  time = 0;
  onTime: (time: number) => void = () => {};
  onZoom: (factor: number) => void = () => {};

  constructor(
    private readonly duration: number,
    private readonly stops: number[], // times worth stopping at, ascending
    marks: Mark[],
  ) {
    this.slider = h("input", {
      type: "range",
      min: 0,
      max: STEPS,
      value: 0,
      "aria-label": "Virtual time",
      input: () => {
        this.pause();
        this.set((Number(this.slider.value) / STEPS) * duration, true);
      },
    });
    this.slider.addEventListener("keydown", (event) => this.onKey(event));
    const button = (text: string, label: string, click: () => void): HTMLButtonElement =>
      h("button", { type: "button", "aria-label": label, title: label, click }, text);
    this.playButton = button("▶", "Play (space)", () => this.toggle());
    const ticks = h("div", { class: "ticks", "aria-hidden": "true" });
    for (const mark of marks.slice(0, 200)) {
      const tick = h("i", { title: mark.label });
      tick.style.left = `${(100 * mark.time) / duration}%`;
      ticks.append(tick);
    }
    this.element = h(
      "nav",
      { class: "timeline", "aria-label": "Time" },
      this.playButton,
      button("‹", "Step back (left arrow)", () => this.step(-1)),
      button("›", "Step forward (right arrow)", () => this.step(1)),
      h("div", { class: "track" }, this.view, ticks, this.slider),
      this.clock,
      h(
        "div",
        { class: "zooms" },
        button("−", "Zoom out (-)", () => this.onZoom(2)),
        button("+", "Zoom in (+)", () => this.onZoom(0.5)),
        button("all", "Show all of the run (0)", () => this.onZoom(0)),
      ),
    );
    document.addEventListener("keydown", (event) => this.onPageKey(event));
  }

  set(time: number, fromSlider = false): void {
    this.time = Math.min(this.duration, Math.max(0, time));
    if (!fromSlider) this.slider.value = String(Math.round((this.time / this.duration) * STEPS));
    const text = words.time(this.time, 5);
    this.slider.setAttribute("aria-valuetext", `${text} of ${words.time(this.duration)}`);
    this.clock.replaceChildren(h("span", {}, text), " ", h("span", {}, `/ ${words.time(this.duration)}`));
    this.onTime(this.time);
  }

  setRange(from: number, to: number): void {
    const whole = from <= 0 && to >= this.duration;
    this.view.hidden = whole;
    this.view.style.left = `${(100 * from) / this.duration}%`;
    this.view.style.width = `${(100 * (to - from)) / this.duration}%`;
  }

  step(by: number): void {
    this.pause();
    this.move(by);
  }

  private move(by: number): boolean {
    const at = upperBound(this.stops, this.time) - 1;
    // Going back from between two stops first goes to the one just passed.
    const between = at >= 0 && this.stops[at] < this.time;
    const to = by < 0 && between ? at : at + by;
    if (to < 0 || to >= this.stops.length) return false;
    this.set(this.stops[to]);
    return true;
  }

  toggle(): void {
    if (this.timer) {
      this.pause();
      return;
    }
    if (this.time >= (this.stops[this.stops.length - 1] ?? 0)) this.set(0);
    this.playButton.textContent = "❚❚";
    this.playButton.setAttribute("aria-label", "Pause (space)");
    this.timer = window.setInterval(() => {
      if (!this.move(1)) this.pause();
    }, PLAY_MS);
  }

  pause(): void {
    window.clearInterval(this.timer);
    this.timer = 0;
    this.playButton.textContent = "▶";
    this.playButton.setAttribute("aria-label", "Play (space)");
  }

  private onKey(event: KeyboardEvent): void {
    const tenth = this.duration / 10;
    const actions: Record<string, () => void> = {
      ArrowLeft: () => this.step(-1),
      ArrowDown: () => this.step(-1),
      ArrowRight: () => this.step(1),
      ArrowUp: () => this.step(1),
      PageUp: () => this.set(this.time + tenth),
      PageDown: () => this.set(this.time - tenth),
      Home: () => this.set(0),
      End: () => this.set(this.duration),
    };
    const action = actions[event.key];
    if (!action) return;
    action();
    event.preventDefault();
    event.stopPropagation();
  }

  // Anywhere on the page, unless something else wants the key.
  private onPageKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest("select, input:not([type=range]), textarea, [role=tree], .scroll, pre")) return;
    const onButton = target.closest("button, summary, a") !== null;
    const actions: Record<string, () => void> = {
      ArrowLeft: () => this.step(-1),
      ArrowRight: () => this.step(1),
      "+": () => this.onZoom(0.5),
      "=": () => this.onZoom(0.5),
      "-": () => this.onZoom(2),
      "0": () => this.onZoom(0),
    };
    if (event.key === " " && !onButton) actions[" "] = () => this.toggle();
    const action = actions[event.key];
    if (!action) return;
    action();
    event.preventDefault();
  }
}
