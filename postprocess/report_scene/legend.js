// Numbers in words, and the colour bars of the scene: colours with three numbers, or names of inks.
var dormatrixLegend = (function () {
  "use strict";

  function bytes(text) {
    var raw = atob(text), out = new Uint8Array(raw.length);
    for (var i = 0; i < raw.length; i += 1) out[i] = raw.charCodeAt(i);
    return out.buffer;
  }

  function number(value) {
    if (value === 0) return "0";
    var text = Number(value.toPrecision(3));
    text = Math.abs(text) >= 1e-4 && Math.abs(text) < 1e9 ? String(text) : text.toExponential(2);
    text = text.replace("-", "−");
    return /^−?\d+$/.test(text) ? text.replace(/\B(?=(\d{3})+$)/g, "\u202f") : text;
  }

  function title(item) { return item.label + (item.unit ? " (" + item.unit + ")" : ""); }

  // The bar of what is shown: its colours, three numbers or the names of the inks.
  function fill(box, item) {
    box.hidden = !item;
    box.textContent = "";
    if (!item) return;
    var head = document.createElement("b"), row = document.createElement("span");
    head.textContent = title(item);
    box.append(head, row);
    var rgb = new Uint8Array(bytes(item.colours));
    if (item.names) {
      row.className = "inks";
      item.names.forEach(function (name, i) {
        var entry = document.createElement("span"), dot = document.createElement("i");
        dot.style.background = "rgb(" + rgb.slice(3 * i, 3 * i + 3).join(",") + ")";
        entry.append(dot, name);
        row.append(entry);
      });
      return;
    }
    var bar = document.createElement("canvas");
    bar.width = rgb.length / 3;
    bar.height = 1;
    var image = new ImageData(bar.width, 1);
    for (var i = 0; i < bar.width; i += 1) {
      image.data.set(rgb.subarray(3 * i, 3 * i + 3), 4 * i);
      image.data[4 * i + 3] = 255;
    }
    bar.getContext("2d").putImageData(image, 0, 0);
    head.after(bar);
    row.className = "ticks";
    var half = item.log ? Math.sqrt(item.low * item.high) : (item.low + item.high) / 2;
    [item.low, half, item.high].forEach(function (value) {
      var tick = document.createElement("span");
      tick.textContent = number(Math.abs(value) < 1e-9 * (item.high - item.low) ? 0 : value);
      row.append(tick);
    });
    if (!item.ends) return;
    row.firstChild.prepend(item.ends[0] + " ");
    row.lastChild.append(" " + item.ends[1]);
  }

  return { bytes: bytes, number: number, title: title, fill: fill };
})();
