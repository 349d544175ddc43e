"use strict";
// A table of results that can be sorted, filtered and narrowed. Without this script it shows everything.
class Results {
  constructor(table) {
    this.table = table;
    this.shown = "both";
    this.picked = new Map();
    this.grouped = true;
    this.sorted = null;
    const [groups, columns] = table.tHead.rows;
    this.groups = [...groups.cells].slice(1).map((cell) => ({ cell, width: cell.colSpan }));
    this.columns = [...columns.cells];
    this.hidden = this.columns.map(() => false);
    this.bodies = [...table.tBodies];
    this.rows = this.bodies.flatMap((body) => {
      const [section, ...rows] = body.rows;
      return rows.map((element) => new ResultsRow(element, body, section.textContent.trim()));
    });
    this.rows.forEach((row, order) => (row.order = order));
    this.ranking = table.createTBody();
    this.ranking.hidden = true;
    this.headings = [groups.cells[0], ...this.columns];
    this.headings.forEach((heading, place) => this.makeSortable(heading, place - 1));
  }

  makeSortable(heading, column) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => this.sortBy(column));
    heading.append(button);
  }

  /** Best first, then worst first, then the paper's order again; column -1 is the name. */
  sortBy(column) {
    const first = column >= 0 && this.columns[column].dataset.better === "higher" ? "descending" : "ascending";
    const second = first === "ascending" ? "descending" : "ascending";
    const now = this.sorted?.column === column ? this.sorted.direction : null;
    const direction = now === null ? first : now === first ? second : null;
    this.sorted = direction && { column, direction };
    this.update();
  }

  /** Ours where both are shown, unless the column has none of ours. */
  sideOf(column) {
    if (this.shown !== "both") return this.shown;
    return this.rows.some((row) => !Number.isNaN(row.number(column, "ours"))) ? "ours" : "paper";
  }

  inOrder() {
    if (!this.sorted) return this.rows;
    const { column, direction } = this.sorted;
    const sign = direction === "ascending" ? 1 : -1;
    if (column < 0) return [...this.rows].sort((one, other) => sign * one.name.localeCompare(other.name));
    const side = this.sideOf(column);
    const found = new Map(this.rows.map((row) => [row, row.number(column, side)]));
    return [...this.rows].sort((one, other) => {
      const [a, b] = [found.get(one), found.get(other)];
      // What is missing stands last, whatever the direction.
      if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
      return sign * (a - b);
    });
  }

  get visible() {
    return this.inOrder().filter((row) => !row.element.hidden);
  }

  update() {
    const ranked = Boolean(this.sorted) && !this.grouped;
    for (const row of this.rows) {
      row.element.hidden = [...this.picked].some(([facet, value]) => row.element.dataset[`facet-${facet}`] !== value);
    }
    for (const row of this.inOrder()) (ranked ? this.ranking : row.body).append(row.element);
    for (const body of this.bodies) {
      body.hidden = ranked || !this.rows.some((row) => row.body === body && !row.element.hidden);
    }
    this.ranking.hidden = !ranked;
    this.table.classList.toggle("ranked", ranked);
    this.table.dataset.shown = this.shown;
    this.showColumns();
    this.headings.forEach((heading, place) => {
      if (this.sorted?.column === place - 1) heading.setAttribute("aria-sort", this.sorted.direction);
      else heading.removeAttribute("aria-sort");
    });
    this.table.dispatchEvent(new Event("update"));
  }

  showColumns() {
    this.columns.forEach((heading, column) => (heading.hidden = this.hidden[column]));
    let start = 0;
    for (const { cell, width } of this.groups) {
      span(cell, this.hidden.slice(start, start + width));
      start += width;
    }
    for (const row of this.rows) {
      for (const { cell, start: at, width } of row.cells) span(cell, this.hidden.slice(at, at + width));
    }
    const all = 1 + this.hidden.filter((hidden) => !hidden).length;
    for (const body of this.bodies) body.querySelector(".section th").colSpan = all;
  }

  /** What is shown, in words and numbers, for copying.js. */
  asShown() {
    const kept = this.columns.map((_, column) => column).filter((column) => !this.hidden[column]);
    const arrows = { higher: "↑", lower: "↓" };
    return {
      title: this.table.dataset.title,
      section: this.table.dataset.section,
      shown: this.shown,
      columns: kept.map((column) => {
        const { group, label, unit, qualifier, better } = this.columns[column].dataset;
        return { group, label, unit: `${unit} ${arrows[better]}`, qualifier };
      }),
      rows: this.visible.map((row) => ({ section: row.section, name: row.name, cells: row.asShown() })),
    };
  }
}

class ResultsRow {
  constructor(element, body, section) {
    Object.assign(this, { element, body, section });
    const [name, ...cells] = element.cells;
    this.name = (name.querySelector("a") ?? name).textContent.trim();
    this.at = [];
    this.cells = cells.map((cell) => {
      const found = { cell, start: this.at.length, width: cell.colSpan };
      cell.dataset.column = found.start;
      this.at.push(...Array(cell.colSpan).fill(cell));
      return found;
    });
    const label = document.createElement("small");
    label.className = "of-section";
    label.textContent = section;
    name.append(label);
  }

  number(column, side) {
    return Number.parseFloat(this.at[column].dataset[side]);
  }

  asShown() {
    return this.cells
      .filter(({ cell }) => !cell.hidden)
      .map(({ cell }) =>
        cell.className === "none"
          ? { none: cell.textContent.trim(), span: cell.colSpan }
          : { ours: contentOf(cell.querySelector(".ours")), paper: contentOf(cell.querySelector(".paper")) },
      );
  }
}

function contentOf(element) {
  const text = (name) => element.querySelector(name)?.textContent.replace(/\u00ad/g, "").trim() ?? "";
  const number = element.querySelector(".number");
  if (!number) return { why: text(".why") };
  return { text: text(".number"), best: number.matches("b"), spread: text(".spread"), verdict: text(".verdict") };
}

/** Makes a cell as wide as those of its columns that are not hidden. */
function span(cell, hidden) {
  const width = hidden.filter((one) => !one).length;
  cell.hidden = width === 0;
  if (width && cell.colSpan !== width) cell.colSpan = width;
}
