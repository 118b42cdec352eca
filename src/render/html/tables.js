"use strict";
(() => {
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const element = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  // What a cell is sorted by. What nobody knows is less than nothing.
  const keyOf = (row, column, kind) => {
    const cell = row.cells[column];
    if (kind === "t") return cell.textContent;
    const number = parseInt(kind === "k" ? cell.dataset.k : cell.textContent, 10);
    return Number.isNaN(number) ? -1 : number;
  };

  const prepare = (table) => {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    const rows = [...body.rows];
    const texts = new Map();
    const textOf = (row) => {
      if (!texts.has(row)) texts.set(row, [...row.cells].map((cell) => cell.textContent.toLowerCase()).join("\n"));
      return texts.get(row);
    };

    const sort = (column) => {
      const head = heads[column];
      const kind = head.dataset.sort;
      // Figures begin with the greatest, text with the first.
      const first = kind === "t" ? "ascending" : "descending";
      const last = kind === "t" ? "descending" : "ascending";
      const order = head.ariaSort === first ? last : first;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.ariaSort = order;
      const sign = order === "ascending" ? 1 : -1;
      const keyed = rows.map((row) => [keyOf(row, column, kind), row]);
      const compare = kind === "t" ? collator.compare : (a, b) => a - b;
      keyed.sort((a, b) => sign * compare(a[0], b[0]));
      keyed.forEach(([, row], index) => { rows[index] = row; });
      body.replaceChildren(...rows);
    };

    heads.forEach((head, column) => {
      const button = element("button", { type: "button", title: "Sort by this column" }, ...head.childNodes);
      button.addEventListener("click", () => sort(column));
      head.append(button);
    });

    const shown = element("span", { ariaLive: "polite" });
    const search = element("input", { type: "search", autocomplete: "off", spellcheck: false });
    const choices = [];
    const filter = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const wanted = choices.filter(([, select]) => select.selectedIndex > 0);
      let count = 0;
      for (const row of rows) {
        const fits = wanted.every(([column, select]) => row.cells[column].textContent === select.value)
          && words.every((word) => textOf(row).includes(word));
        row.hidden = !fits;
        if (fits) count += 1;
      }
      const all = `${rows.length} ${table.dataset.rows}`;
      shown.textContent = count === rows.length ? all : `${count} of ${all}`;
    };

    const controls = element("div", { className: "controls" }, element("label", {}, "Filter", search));
    heads.forEach((head, column) => {
      if (!("choose" in head.dataset)) return;
      const values = [...new Set(rows.map((row) => row.cells[column].textContent))].sort(collator.compare);
      if (values.length < 2 || values.length > 60) return;
      const options = values.map((value) => element("option", { value }, value || "–"));
      const select = element("select", {}, element("option", { value: "" }, "all"), ...options);
      select.addEventListener("change", filter);
      choices.push([column, select]);
      controls.append(element("label", {}, head.textContent, select));
    });
    search.addEventListener("input", filter);
    controls.append(shown);
    table.parentElement.before(controls);
    filter();
  };

  document.querySelectorAll("table[data-rows]").forEach(prepare);
})();
