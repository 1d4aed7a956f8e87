"use strict";

/** A table that sorts by its headings and shows one page of its rows at a time. */
class PagedTable {
  /**
   * table: the element; pager: an element for its buttons; pageSize: rows;
   * columns: title, value (of a row, to sort by), fill (put what is shown into the cell), and, where they differ from
   * what is usual, className and first ("descending" where the first click on the heading is to sort so);
   * decorate: (row, tr), may set what the whole line looks like.
   */
  constructor({ table, pager, pageSize, columns, decorate = () => {}, sorted = 0 }) {
    Object.assign(this, { table, pager, pageSize, columns, decorate });
    this.sorting = { column: sorted, descending: columns[sorted].first === "descending" };
    this.all = [];
    this.rows = [];
    this.page = 0;
    this.headings = columns.map((column, number) => this.#heading(column, number));
    this.body = element("tbody");
    table.append(element("thead", {}, element("tr", {}, ...this.headings)), this.body);
    this.#makePager();
  }

  get pages() {
    return Math.max(1, Math.ceil(this.rows.length / this.pageSize));
  }

  /** Show other rows, in the order chosen. */
  setRows(rows) {
    this.all = rows;
    this.#sort();
    this.page = Math.min(this.page, this.pages - 1);
    this.render();
  }

  /** Turn to the page that a row is on. */
  turnTo(row) {
    const place = this.rows.indexOf(row);
    if (place < 0) return;
    this.page = Math.floor(place / this.pageSize);
    this.render();
  }

  render() {
    const focused = this.table.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    const first = this.page * this.pageSize;
    this.body.replaceChildren(...this.rows.slice(first, first + this.pageSize).map((row) => this.#line(row)));
    if (focused) this.body.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
    const last = Math.min(first + this.pageSize, this.rows.length);
    this.shown.textContent = this.rows.length ? `${first + 1} to ${last} of ${this.rows.length.toLocaleString("en")}` : "none";
    this.back.disabled = this.page === 0;
    this.forth.disabled = this.page >= this.pages - 1;
    this.pager.hidden = false;
  }

  #line(row) {
    const line = element("tr");
    for (const { fill, className = "" } of this.columns) {
      const cell = element("td", { className });
      const content = fill(row, cell);
      if (content !== undefined && content !== null) cell.append(content);
      line.append(cell);
    }
    this.decorate(row, line);
    return line;
  }

  #heading(column, number) {
    if (!column.value) return element("th", { scope: "col", className: column.className ?? "" }, column.title);
    const button = element("button", { type: "button", className: "sort" }, column.title);
    button.addEventListener("click", () => this.#sortBy(number));
    return element("th", { scope: "col", className: column.className ?? "" }, button);
  }

  #sortBy(number) {
    const first = this.columns[number].first === "descending";
    const descending = this.sorting.column === number ? !this.sorting.descending : first;
    this.sorting = { column: number, descending };
    this.page = 0;
    this.#sort();
    this.render();
  }

  #sort() {
    const { column, descending } = this.sorting;
    const value = this.columns[column].value;
    const sign = descending ? -1 : 1;
    const compare = (a, b) => {
      if (a === b) return 0;
      if (a === null || b === null) return a === null ? 1 : -1; // what is not known comes last, either way
      return (a < b ? -1 : 1) * sign;
    };
    this.rows = this.all
      .map((row) => [value(row), row])
      .sort(([a], [b]) => compare(a, b))
      .map(([, row]) => row);
    this.headings.forEach((heading, i) => {
      if (i === column) heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    });
  }

  #makePager() {
    const turn = (by) => {
      this.page = Math.min(Math.max(0, this.page + by), this.pages - 1);
      this.render();
    };
    this.back = element("button", { type: "button", onclick: () => turn(-1) }, "Previous page");
    this.forth = element("button", { type: "button", onclick: () => turn(1) }, "Next page");
    this.shown = element("span", { className: "muted" });
    this.pager.append(this.back, this.forth, this.shown);
  }
}
