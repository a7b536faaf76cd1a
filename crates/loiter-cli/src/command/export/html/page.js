// Sorting and searching, for whoever has scripts on; the page says everything without them.
"use strict";
document.querySelectorAll("table").forEach(function (table) {
  var body = table.tBodies[0];
  var rows = Array.from(body.rows);
  var heads = Array.from(table.tHead.rows[0].cells);

  // A cell's number, its text, or null: nothing comes last in either direction.
  function key(row, column) {
    var cell = row.cells[column];
    var number = cell.getAttribute("data-k");
    if (number === null) {
      return cell.textContent.toLowerCase() || null;
    }
    return number === "" ? null : Number(number);
  }

  function sort(column, descending) {
    var keyed = rows.map(function (row) {
      return { row: row, key: key(row, column) };
    });
    keyed.sort(function (a, b) {
      if (a.key === null || b.key === null) {
        return (a.key === null) - (b.key === null);
      }
      var order = typeof a.key === "number" ? a.key - b.key : a.key.localeCompare(b.key);
      return descending ? -order : order;
    });
    keyed.forEach(function (entry) {
      body.appendChild(entry.row);
    });
    heads.forEach(function (head, index) {
      var order = descending ? "descending" : "ascending";
      head.setAttribute("aria-sort", index === column ? order : "none");
    });
  }

  heads.forEach(function (head, column) {
    var button = document.createElement("button");
    button.type = "button";
    while (head.firstChild) {
      button.appendChild(head.firstChild);
    }
    head.appendChild(button);
    button.addEventListener("click", function () {
      var order = head.getAttribute("aria-sort");
      var first = head.classList.contains("n") ? "descending" : "ascending";
      sort(column, order === "none" ? first === "descending" : order === "ascending");
    });
  });

  var search = document.createElement("div");
  search.className = "search";
  var label = document.createElement("label");
  var input = document.createElement("input");
  var shown = document.createElement("span");
  input.type = "search";
  label.append("Search ", input);
  shown.setAttribute("role", "status");
  search.append(label, shown);
  input.addEventListener("input", function () {
    var words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    var count = 0;
    rows.forEach(function (row) {
      var text = row.textContent.toLowerCase();
      row.hidden = !words.every(function (word) {
        return text.includes(word);
      });
      count += row.hidden ? 0 : 1;
    });
    shown.textContent = words.length === 0 ? "" : count + " of " + rows.length + " rows";
  });
  table.parentNode.before(search);
});
