"use strict";
// Tables of any length: a page of rows at a time, sorted by a click on a head.
{
  const PAGE = 50;

  class Table {
    // `columns` are {head, value(row), show(value), numeric}; `rows()` gives the rows to show.
    constructor(caption, columns, rows) {
      this.caption = caption;
      this.columns = columns;
      this.rows = rows;
      this.sorted = -1;
      this.descending = true;
      this.first = 0;
      this.summary = page.make("summary", {}, `Table: ${caption.toLowerCase()}`);
      this.box = page.make("div", {});
      this.element = page.make("details", { class: "tabled" }, this.summary, this.box);
      this.element.addEventListener("toggle", () => this.draw());
    }

    draw() {
      if (!this.element.open) return;
      const focused = this.box.contains(document.activeElement)
        ? document.activeElement.dataset.name
        : null;
      const found = this.ordered();
      this.first = Math.max(0, Math.min(this.first, found.length - 1));
      this.first -= this.first % PAGE;
      const shown = found.slice(this.first, this.first + PAGE);
      const table = page.make(
        "table", {},
        page.make("caption", {}, this.caption),
        page.make("thead", {}, page.make("tr", {}, ...this.columns.map((one, at) => this.head(one, at)))),
        page.make("tbody", {}, ...shown.map((row) => this.row(row))),
      );
      const scroll = page.make(
        "div", { class: "scroll", tabindex: "0", role: "group", "aria-label": this.caption }, table,
      );
      this.box.replaceChildren(scroll, this.pager(found.length, shown.length));
      if (focused) this.box.querySelector(`[data-name="${focused}"]`)?.focus();
    }

    ordered() {
      const rows = this.rows();
      const column = this.columns[this.sorted];
      if (!column) return rows;
      const sign = this.descending ? -1 : 1;
      const keyed = rows.map((row) => [column.value(row), row]);
      keyed.sort((one, other) => sign * (one[0] < other[0] ? -1 : one[0] > other[0] ? 1 : 0));
      return keyed.map((pair) => pair[1]);
    }

    head(column, at) {
      const isSorted = at === this.sorted;
      const mark = isSorted ? (this.descending ? " ↓" : " ↑") : "";
      const button = page.make("button", { type: "button", "data-name": `head-${at}` }, column.head + mark);
      button.addEventListener("click", () => {
        this.descending = isSorted ? !this.descending : true;
        this.sorted = at;
        this.first = 0;
        this.draw();
      });
      return page.make(
        "th",
        {
          scope: "col",
          class: column.numeric ? "n" : null,
          "aria-sort": isSorted ? (this.descending ? "descending" : "ascending") : null,
        },
        button,
      );
    }

    row(row) {
      const cells = this.columns.map((column) => {
        const value = column.value(row);
        const shown = column.show ? column.show(value, row) : String(value);
        return page.make("td", { class: column.numeric ? "n" : null }, shown);
      });
      return page.make("tr", {}, ...cells);
    }

    pager(all, shown) {
      const button = (name, label, to, enabled) => {
        const made = page.make(
          "button", { type: "button", "data-name": name, disabled: !enabled }, label,
        );
        made.addEventListener("click", () => {
          this.first = to;
          this.draw();
        });
        return made;
      };
      const last = this.first + shown;
      const range = all ? `${page.count(this.first + 1)} to ${page.count(last)} of ${page.count(all)}` : "none";
      return page.make(
        "p", { class: "pager" },
        button("back", "Back", this.first - PAGE, this.first > 0),
        page.make("span", {}, ` ${range} `),
        button("next", "Next", this.first + PAGE, last < all),
      );
    }
  }

  page.Table = Table;
}
