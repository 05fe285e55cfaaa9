// dom.ts - building elements.  Text is only ever set as text, so no name in a workload is markup.
type Child = Node | string | null | undefined;
type Attributes = Record<string, string | number | boolean | ((event: never) => void)>;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value as EventListener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((c): c is Node | string => c != null));
  return element;
}

// A part of the page with a heading and a sentence on what it shows.
export function panel(title: string, about: string, ...children: Child[]): HTMLElement {
  return h(
    "section",
    { class: "panel" },
    h("header", {}, h("h2", {}, title), about ? h("p", { class: "about" }, about) : null),
    ...children,
  );
}

export interface Choice {
  value: string;
  label: string;
}
export function select(
  label: string,
  choices: Choice[],
  chosen: string,
  onChange: (value: string) => void,
): HTMLLabelElement {
  const box = h("select", { change: () => onChange(box.value) });
  for (const c of choices) box.append(h("option", { value: c.value }, c.label));
  box.value = chosen;
  return h("label", { class: "choice" }, h("span", {}, label), box);
}

// A colour of the page's style sheet, for canvases.
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function legend(rows: [swatch: string, text: string][]): HTMLElement {
  const list = h("ul", { class: "legend" });
  for (const [swatch, text] of rows) {
    list.append(h("li", {}, h("i", { class: `swatch ${swatch}`, "aria-hidden": "true" }), text));
  }
  return list;
}

// Calls after the colours have changed: the reader's choice, the system's, or printing.
const themed = new Set<() => void>();
export function onTheme(redraw: () => void): void {
  themed.add(redraw);
}
export function themeChanged(): void {
  for (const redraw of themed) redraw();
}
export function dropThemed(): void {
  themed.clear();
}
