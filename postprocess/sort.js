"use strict";
// Every heading of a table of class "sorts" becomes a button that sorts by its column. A cell sorts
// by its data-v, else by what it shows; in a column of class "n" by the first number of that. Rows
// of class "sum" stay below.
document.querySelectorAll("table.sorts").forEach(function (table) {
  var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
  var body = table.tBodies[0];
  function key(cell, numeric) {
    var text = cell.dataset.v === undefined ? cell.textContent.trim() : cell.dataset.v;
    if (!numeric) return text === "" ? null : text;
    var found = text.replace(/[\u202f\u00a0]/g, "").replace(/−/g, "-")
      .match(/[-+]?\d+(\.\d+)?(e[-+]?\d+)?/i);
    return found ? Number(found[0]) : null;
  }
  heads.forEach(function (head, column) {
    var button = document.createElement("button");
    button.type = "button";
    while (head.firstChild) button.appendChild(head.firstChild);
    head.appendChild(button);
    button.addEventListener("click", function () {
      var down = head.getAttribute("aria-sort") === "ascending";
      var numeric = head.classList.contains("n");
      var rows = Array.prototype.slice.call(body.rows);
      var keys = new Map(rows.map(function (row) { return [row, key(row.cells[column], numeric)]; }));
      rows.sort(function (one, other) {
        var last = one.classList.contains("sum") - other.classList.contains("sum");
        if (last) return last;
        var a = keys.get(one), b = keys.get(other);
        if (a === null || b === null) return (a === null) - (b === null);
        var order = a < b ? -1 : a > b ? 1 : 0;
        return down ? -order : order;
      });
      rows.forEach(function (row) { body.appendChild(row); });
      heads.forEach(function (each) { each.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
    });
  });
});
