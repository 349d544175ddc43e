"use strict";
// The controls above each table: what is shown, how rows are grouped, and copying.
{
  async function copy(text) {
    if (navigator.clipboard) {
      try {
        return await navigator.clipboard.writeText(text);
      } catch {
        // Not allowed here; the old way may be.
      }
    }
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("the browser does not allow copying");
  }

  /** `details` is the table of further columns, where there is one; rows are picked in both. */
  function setUp(panel, results, details) {
    const both = [results, details].filter(Boolean);
    const status = panel.querySelector("[role=status]");
    const say = (text) => (status.textContent = text);

    function tell() {
      const visible = results.visible.length;
      const heading = results.sorted && results.headings[results.sorted.column + 1];
      const by = heading && [heading.dataset.group, heading.dataset.label ?? "name"].filter(Boolean).join(" ");
      const order = heading ? `, by ${by}, ${results.sorted.direction}` : "";
      say(`${visible} of ${results.rows.length} rows${order}.`);
    }

    panel.addEventListener("change", ({ target }) => {
      const { column, facet } = target.dataset;
      if (column) results.hidden[column] = !target.checked;
      else {
        for (const table of both) {
          if (facet && target.value) table.picked.set(facet, target.value);
          else if (facet) table.picked.delete(facet);
          else if (target.matches(".grouped")) table.grouped = target.checked;
          else table.shown = target.value;
        }
      }
      both.forEach((table) => table.update());
    });
    for (const button of panel.querySelectorAll("[data-format]")) {
      button.addEventListener("click", async () => {
        try {
          await copy(copying[button.dataset.format](results.asShown()));
          say(`Copied ${results.visible.length} rows as ${button.textContent}.`);
        } catch (error) {
          say(`Not copied: ${error.message}.`);
        }
      });
    }
    results.table.addEventListener("update", tell);
    tell();
    panel.hidden = false;
  }

  document.addEventListener("DOMContentLoaded", () => {
    const tables = [...document.querySelectorAll("table.results")].map((table) => [table.id, new Results(table)]);
    const results = new Map(tables);
    for (const panel of document.querySelectorAll(".controls")) {
      const { table } = panel.dataset;
      setUp(panel, results.get(table), results.get(`${table}-details`));
    }
  });
}
