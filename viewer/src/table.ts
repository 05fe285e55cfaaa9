// table.ts - long tables, a page at a time, made only when they are looked at.
import { h } from "./dom";

const ROWS = 25;

export interface PagedTable extends HTMLElement {
  // Other rows, from the first on; or the page with a certain row.
  refill(count: number): void;
  show(row: number): void;
}

export function pagedTable(
  titles: string[],
  count: number,
  cells: (row: number) => string[],
  onPick?: (row: number) => void,
  isNow?: (row: number) => boolean,
): PagedTable {
  let page = 0;
  const body = h("tbody");
  const where = h("span", { class: "where" });
  const turn = (by: number) => () => {
    page += by;
    fill();
  };
  const back = h("button", { type: "button", click: turn(-1) }, "‹ earlier");
  const on = h("button", { type: "button", click: turn(1) }, "later ›");
  const pager = h("div", { class: "pager" }, back, where, on);
  const table = h(
    "table",
    {},
    h("thead", {}, h("tr", {}, ...titles.map((t) => h("th", { scope: "col" }, t)))),
    body,
  );

  const frame = h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "table" }, table);
  const whole = h("div", { class: "paged" }, frame, pager) as unknown as PagedTable;

  function row(index: number): HTMLElement {
    const [first, ...rest] = cells(index);
    const head = onPick
      ? h("button", { type: "button", class: "link", click: () => onPick(index) }, first)
      : first;
    const line = h(
      "tr",
      {},
      h("th", { scope: "row" }, head),
      ...rest.map((text) => h("td", text.length > 44 ? { class: "long" } : {}, text)),
    );
    if (isNow?.(index)) line.setAttribute("aria-current", "true");
    return line;
  }

  function fill(): void {
    if (whole.closest("details:not([open])")) return; // nobody sees it yet
    const pages = Math.max(1, Math.ceil(count / ROWS));
    page = Math.min(Math.max(page, 0), pages - 1);
    const end = Math.min(count, (page + 1) * ROWS);
    body.replaceChildren();
    for (let i = page * ROWS; i < end; i++) body.append(row(i));
    where.textContent = count ? `${page * ROWS + 1}–${end} of ${count.toLocaleString("en-US")}` : "none";
    back.disabled = page === 0;
    on.disabled = page === pages - 1;
    pager.hidden = pages === 1;
  }

  whole.refill = (more) => {
    count = more;
    fill();
  };
  whole.show = (index) => {
    page = Math.floor(index / ROWS);
    fill();
  };
  new IntersectionObserver((entries) => {
    if (entries.some((e) => e.isIntersecting)) fill();
  }).observe(whole);
  fill();
  return whole;
}
