"use strict";
// Every number of a table opens how it was made. A table is one stop of the tab key; arrow keys move inside.
{
  const element = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  let ledger = null;

  const facts = (pairs, className = "") =>
    element("dl", { className }, ...pairs.map(([name, text]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, element("code", {}, text)))));

  function job({ title, facts: known, files, environment }) {
    const where = ledger.environments[environment];
    const parts = [element("h3", {}, title), facts(known)];
    if (files.length) {
      parts.push(element("h4", {}, "Files, SHA-256"), facts(files, "files"));
    }
    if (where.length) {
      parts.push(element("details", {}, element("summary", {}, "Commit, device, packages"), facts(where)));
    }
    return parts;
  }

  function* story(cell, column, side) {
    if (side === "paper") {
      const { published, group } = column.dataset;
      const printed = `Printed in ${cell.closest("table").dataset.title.split(".")[0]} of Deep Connected Attention Networks, arXiv 2007.05099`;
      yield element("p", {}, `${printed}: ${published}.`);
      if (group.startsWith("Δ")) yield element("p", {}, "The difference of the two printed values.");
      return;
    }
    ledger ??= JSON.parse(document.getElementById("ledger").textContent);
    const numbers = (cell.dataset.jobs ?? "").split(" ").filter(Boolean);
    if (!numbers.length) yield element("p", {}, "No job has recorded how this number was made.");
    for (const number of numbers) yield* job(ledger.jobs[number]);
  }

  function open(dialog, button) {
    const cell = button.closest("td");
    const table = cell.closest("table");
    const column = table.tHead.rows[1].cells[cell.dataset.column];
    const name = (cell.parentElement.querySelector("th a") ?? cell.parentElement.querySelector("th")).textContent.trim();
    const side = button.closest(".paper") ? "paper" : "ours";
    const { group, label, qualifier } = column.dataset;
    const close = element("button", { type: "button", className: "close" }, "Close");
    close.addEventListener("click", () => dialog.close());
    dialog.replaceChildren(
      element("div", { className: "title" },
        element("h2", { id: "how-made" }, `${name}: ${group}, ${[label, qualifier].filter(Boolean).join(" ")}`), close),
      element("p", { className: "exact" }, button.querySelector(".number").title),
      ...story(cell, column, side),
    );
    dialog.showModal();
    dialog.scrollTop = 0;
  }

  const seen = (button) => button.getClientRects().length > 0;

  function neighbour(button, key) {
    const row = button.closest("tr");
    const inRow = [...row.querySelectorAll("button.made")].filter(seen);
    const place = inRow.indexOf(button);
    if (key === "ArrowLeft") return inRow[place - 1];
    if (key === "ArrowRight") return inRow[place + 1];
    if (key === "Home") return inRow[0];
    if (key === "End") return inRow.at(-1);
    const { column } = button.closest("td").dataset;
    const inColumn = [...row.closest("table").querySelectorAll("button.made")].filter(
      (other) => seen(other) && other.closest("td").dataset.column === column,
    );
    return inColumn[inColumn.indexOf(button) + (key === "ArrowDown" ? 1 : -1)];
  }

  function setUp(table, dialog) {
    for (const number of table.querySelectorAll("td .number")) {
      const button = element("button", { type: "button", className: "made", tabIndex: -1 });
      button.setAttribute("aria-haspopup", "dialog");
      number.replaceWith(button);
      button.append(number);
    }
    let stop = null;
    const stopAt = (button) => {
      if (stop) stop.tabIndex = -1;
      stop = button;
      if (stop) stop.tabIndex = 0;
    };
    const first = () => [...table.querySelectorAll("button.made")].find(seen);
    stopAt(table.querySelector("button.made"));
    table.addEventListener("update", () => (stop && seen(stop) ? null : stopAt(first())));
    table.addEventListener("focusin", ({ target }) => target.matches(".made") && stopAt(target));
    table.addEventListener("click", ({ target }) => {
      const button = target.closest(".made");
      if (button) open(dialog, button);
    });
    table.addEventListener("keydown", (event) => {
      if (!event.target.matches(".made") || !/^(Arrow|Home|End)/.test(event.key)) return;
      event.preventDefault();
      neighbour(event.target, event.key)?.focus();
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const dialog = element("dialog", { id: "provenance" });
    dialog.setAttribute("aria-labelledby", "how-made");
    // A click beside the dialog is one on its backdrop.
    dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
    document.body.append(dialog);
    for (const table of document.querySelectorAll("table.results")) setUp(table, dialog);
  });
}
