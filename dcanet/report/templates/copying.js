"use strict";
// A shown table as text. Its cells are {text, best, spread, verdict}, or {why} where there is no number, or
// null where a column does not apply.
const copying = (() => {
  const lined = (text) => text.trim().split(/\s+/).join(" ");
  const sides = { both: ["ours", "paper"], ours: ["ours"], paper: ["paper"] };

  function markdown(table) {
    const safe = (text) =>
      lined(text)
        .replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;")
        .replace(/([\\`*[\]|~#!])/g, "\\$1")
        .replace(/(?<!\w)_|_(?!\w)/g, "\\_");
    const content = (cell) =>
      "why" in cell ? safe(cell.why) : [cell.best ? `**${cell.text}**` : cell.text, safe(cell.spread), cell.verdict].filter(Boolean).join(" ");
    const whose = {
      ours: (found) => `ours ${content(found)}`,
      paper: (found) => ("why" in found ? `_${content(found)}_` : `_paper ${content(found)}_`),
    };
    const cell = (found) => {
      if (found.none) return safe(found.none);
      const shown = sides[table.shown];
      return shown.map((side) => (shown.length > 1 ? whose[side](found[side]) : content(found[side]))).join("<br>");
    };
    const line = (cells) => `| ${cells.join(" | ")} |`;
    const heads = table.columns.map((column) => safe(`${column.group}: ${[column.label, column.qualifier].filter(Boolean).join(" ")} (${column.unit})`));
    return [
      line([safe(table.section), "Network", ...heads]),
      line(["---", "---", ...heads.map(() => "---:")]),
      ...table.rows.map((row) => line([safe(row.section), safe(row.name), ...row.cells.map(cell)])),
      "",
    ].join("\n");
  }

  function latex(table) {
    const { written, ligatures, packages } = JSON.parse(document.getElementById("latex").textContent);
    const single = (character) => {
      if (character in written) return written[character];
      const printable = character <= "\u017f" && character.normalize("NFD")[0] <= "~" && character >= " ";
      const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
      return printable ? character : `{[}U+${code}{]}`;
    };
    const safe = (text) =>
      [...lined(text)].map((character, place, all) => (character === all[place - 1] && ligatures.includes(character) ? "{}" : "") + single(character)).join("");
    const small = (text) => (text ? `{\\scriptsize ${safe(text)}}` : "");
    const line = (cells) => `${cells.join(" & ")} \\\\`;
    const content = (cell) => ("why" in cell ? small(cell.why) : cell.best ? `\\textbf{${safe(cell.text)}}` : safe(cell.text));
    const spread = (cell) => ("why" in cell ? "" : small([cell.spread, cell.verdict.split(" ")[0]].filter(Boolean).join(" ")));

    function* lines(row) {
      for (const side of sides[table.shown]) {
        const first = side === sides[table.shown][0];
        const wrap = (text) => (side === "paper" ? `\\textit{${text}}` : text);
        const cells = row.cells.map((cell) => {
          if (!cell.none) return wrap(content(cell[side]));
          const text = first ? small(cell.none) : "";
          return cell.span > 1 ? `\\multicolumn{${cell.span}}{l}{${text}}` : text;
        });
        yield line([first ? safe(row.name) : "", ...cells]);
        const spreads = row.cells.flatMap((cell) => (cell.none ? Array(cell.span).fill("") : [spread(cell[side])]));
        if (spreads.some(Boolean)) yield line(["", ...spreads]);
      }
    }

    const runs = [];
    for (const { group } of table.columns) {
      if (runs.at(-1)?.group === group) runs.at(-1).width += 1;
      else runs.push({ group, width: 1 });
    }
    let first = 2;
    const rules = runs.map(({ width }) => `\\cmidrule(lr){${first}-${(first += width) - 1}}`);
    const qualifiers = table.columns.map((column) => small(column.qualifier));
    const body = [];
    let section = null;
    for (const row of table.rows) {
      if (row.section !== section) {
        section = row.section;
        body.push("\\midrule", `\\multicolumn{${table.columns.length + 1}}{l}{\\textbf{${safe(section)}}} \\\\`);
      }
      body.push("\\addlinespace", ...lines(row));
    }
    return [
      `% Needs \\usepackage{${packages.join(",")}} in the preamble. ${lined(table.title)}`,
      `\\begin{tabular}{l${"r".repeat(table.columns.length)}}`,
      "\\toprule",
      line(["", ...runs.map(({ group, width }) => `\\multicolumn{${width}}{c}{${safe(group)}}`)]),
      rules.join(" "),
      line(["Network", ...table.columns.map((column) => safe(column.label))]),
      line(["", ...table.columns.map((column) => small(column.unit))]),
      ...(qualifiers.some(Boolean) ? [line(["", ...qualifiers])] : []),
      ...body,
      "\\bottomrule",
      "\\end{tabular}",
      "",
    ].join("\n");
  }

  function csv(table) {
    const safe = (text) => (/^\s*[=+\-@＝＋－＠]/.test(text) ? `'${text}` : text);
    const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
    const number = (text) => text.replace(/,/g, "").replace("\u2212", "-");
    const fields = (cell, side) =>
      cell.none ? [safe(cell.none), "", ""]
      : "why" in cell[side] ? [safe(cell[side].why), "", ""]
      : [number(cell[side].text), safe(cell[side].spread), safe(cell[side].verdict)];
    const kept = { ours: 3, paper: 1 };
    const heads = table.columns.flatMap((column) => {
      const name = [column.group, column.label, column.qualifier, `(${column.unit})`].filter(Boolean).join(" ");
      return sides[table.shown].flatMap((side) => [`${name}, ${side}`, `${name}, ${side}, spread`, `${name}, ${side}, verdict`].slice(0, kept[side]));
    });
    const rows = table.rows.map((row) => [
      safe(row.section),
      safe(row.name),
      ...row.cells
        .flatMap((cell) => (cell.none ? Array(cell.span).fill(cell) : [cell]))
        .flatMap((cell) => sides[table.shown].flatMap((side) => fields(cell, side).slice(0, kept[side]))),
    ]);
    return [[safe(table.section), "Network", ...heads], ...rows].map((line) => line.map(quoted).join(",") + "\n").join("");
  }

  return { markdown, latex, csv };
})();
