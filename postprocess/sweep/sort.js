"use strict";
// Every heading of a table of class "sorts" becomes a button that sorts by its column.
document.querySelectorAll("table.sorts").forEach(function (table) {
  var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
  var body = table.tBodies[0];
  heads.forEach(function (head, column) {
    var button = document.createElement("button");
    button.type = "button";
    while (head.firstChild) button.appendChild(head.firstChild);
    head.appendChild(button);
    button.addEventListener("click", function () {
      var down = head.getAttribute("aria-sort") === "ascending";
      var numeric = head.classList.contains("n");
      var rows = Array.prototype.slice.call(body.rows);
      var keys = new Map(rows.map(function (row) {
        var text = row.cells[column].dataset.v;
        return [row, text === "" ? null : numeric ? Number(text) : text];
      }));
      rows.sort(function (one, other) {
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
