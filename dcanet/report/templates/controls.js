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

  function setUp(panel, results) {
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
      if (target.dataset.column) results.hidden[target.dataset.column] = !target.checked;
      else if (target.dataset.facet && target.value) results.picked.set(target.dataset.facet, target.value);
      else if (target.dataset.facet) results.picked.delete(target.dataset.facet);
      else if (target.matches(".grouped")) results.grouped = target.checked;
      else results.shown = target.value;
      results.update();
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
    for (const table of document.querySelectorAll("table.results")) {
      const results = new Results(table);
      const panel = document.querySelector(`.controls[data-table="${table.id}"]`);
      if (panel) setUp(panel, results);
    }
  });
}
