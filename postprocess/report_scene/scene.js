// The scene of the report: choose what is shown, turn, cut, pick a site and read its numbers.
(function () {
  "use strict";
  var place = document.getElementById("scene");
  if (!place) return;
  var data = JSON.parse(document.getElementById("scene-data").textContent);

  var bytes = dormatrixLegend.bytes, number = dormatrixLegend.number;
  var title = dormatrixLegend.title;
  function part(name) { return place.querySelector("[data-part='" + name + "']"); }
    var span = data.high.map(function (high, i) { return Math.max(high - data.low[i], 1e-9); });
  function places(text) {
    return Float32Array.from(new Uint16Array(bytes(text)), function (step, i) {
      return data.low[i % 3] + (step / 65535) * span[i % 3];
    });
  }

  var corners = places(data.points), faces = new Uint32Array(bytes(data.faces));
  var skin = new Float32Array(3 * faces.length);
  faces.forEach(function (corner, i) {
    for (var k = 0; k < 3; k += 1) skin[3 * i + k] = corners[3 * corner + k];
  });
  var sites = places(data.sites), ids = new Uint32Array(bytes(data.ids));
  var columns = data.columns.map(function (column) {
    return Object.assign({ numbers: new Float32Array(bytes(column.values)) }, column);
  });
  var middle = data.low.map(function (low, i) { return (low + data.high[i]) / 2; });
  var size = Math.hypot(span[0], span[1], span[2]);

  var canvas = part("canvas"), drawing = null;
  var model = {
    skin: skin, edges: places(data.edges), sites: sites, radius: data.radius,
    uncertain: new Uint8Array(bytes(data.uncertain)), reach: 2 * size
  };
  try { drawing = dormatrixDrawing(canvas, model); } catch (refused) { drawing = null; }
  part("stage").hidden = !drawing;
  part("none").hidden = Boolean(drawing);
  if (!drawing) return;

  var VIEWS = { oblique: [-121.8, 27.8], top: [-90, 90], front: [-90, 0], side: [0, 0] };
  var state = { az: 0, el: 0, zoom: 1, shift: [0, 0], fit: [size, size], chosen: -1, waiting: false };

  function axes() {
    var a = (state.az * Math.PI) / 180, e = (state.el * Math.PI) / 180;
    var toward = [Math.cos(e) * Math.cos(a), Math.cos(e) * Math.sin(a), Math.sin(e)];
    var right = [-Math.sin(a), Math.cos(a), 0];
    var up = [
      toward[1] * right[2] - toward[2] * right[1],
      toward[2] * right[0] - toward[0] * right[2],
      toward[0] * right[1] - toward[1] * right[0]
    ];
    return { right: right, up: up, toward: toward };
  }

  function camera() {
    var view = axes(), shape = canvas.clientWidth / Math.max(canvas.clientHeight, 1);
    var half = Math.max(state.fit[1], state.fit[0] / shape) / state.zoom;
    view.half = [half * shape, half];
    view.middle = middle.map(function (x, i) {
      return x + view.right[i] * state.shift[0] + view.up[i] * state.shift[1];
    });
    view.cut = cutting();
    return view;
  }

  function cutting() {
    var axis = ["x", "y", "z"].indexOf(part("cut").value);
    var plane = [0, 0, 0, 1];
    if (axis < 0) return plane;
    var depth = Number(part("depth").value) / 100;
    // What is nearer to the eye of the first view is taken away: low x, low y, high z.
    plane[axis] = axis === 2 ? 1 : -1;
    plane[3] = axis === 2 ? data.high[2] - depth * span[2] : -(data.low[axis] + depth * span[axis]);
    return plane;
  }

  function draw() {
    if (state.waiting) return;
    state.waiting = true;
    requestAnimationFrame(function () {
      state.waiting = false;
      if (!canvas.clientWidth || !canvas.clientHeight) return;  // not on the page: on paper
      var sharp = Math.min(window.devicePixelRatio || 1, 2);
      canvas.width = Math.max(1, Math.round(canvas.clientWidth * sharp));
      canvas.height = Math.max(1, Math.round(canvas.clientHeight * sharp));
      var view = camera();
      drawing.draw(view, { rings: part("rings").checked, chosen: state.chosen });
      scaleBar(canvas.clientWidth / (2 * view.half[0]));
      compass(view);
    });
  }

  function scaleBar(pixels) {
    var longest = (0.28 * canvas.clientWidth) / pixels;
    var power = Math.pow(10, Math.floor(Math.log10(longest)));
    var length = [5, 2, 1].map(function (step) { return step * power; })
      .find(function (one) { return one <= longest * (1 + 1e-9); });
    part("scale").style.width = length * pixels + "px";
    part("scale").textContent = number(length) + "\u00a0µm";
  }

  // Which way x, y and z point: arrows of 30 pixels, those along the view shorter.
  function compass(view) {
    part("compass").querySelectorAll("g").forEach(function (arrow, i) {
      var x = 30 * view.right[i], y = -30 * view.up[i];
      arrow.querySelector("line").setAttribute("x2", x);
      arrow.querySelector("line").setAttribute("y2", y);
      arrow.querySelector("text").setAttribute("x", 1.35 * x);
      arrow.querySelector("text").setAttribute("y", 1.35 * y);
      arrow.style.opacity = view.toward[i] < -0.3 ? 0.45 : 1;
    });
  }

  function showSkin() {
    var item = data.fields[part("field").value];
    var steps = item && new Uint16Array(bytes(item.values));
    var shares = item && Float32Array.from(faces, function (_, i) {
      return steps[Math.floor(i / 3)] / 65535;
    });
    drawing.colourSkin(shares || null, item && new Uint8Array(bytes(item.colours)));
    dormatrixLegend.fill(part("skin-bar"), item);
    draw();
  }

  function showSites() {
    var item = columns[part("column").value];
    var low = item && (item.log ? Math.log(item.low) : item.low);
    var high = item && (item.log ? Math.log(item.high) : item.high);
    drawing.colourSites(item ? item.numbers.map(function (value) {
      return ((item.log ? Math.log(value) : value) - low) / (high - low);
    }) : null, item && new Uint8Array(bytes(item.colours)));
    dormatrixLegend.fill(part("site-bar"), item);
    draw();
  }

  function pick(index) {
    state.chosen = index;
    var box = part("picked");
    box.textContent = "";
    if (index >= 0) {
      var head = document.createElement("b"), list = document.createElement("dl");
      head.textContent = "Site " + ids[index];
      box.append(head, list);
      var at = Array.prototype.map.call(sites.slice(3 * index, 3 * index + 3), number);
      [["position", at.join(", ") + "\u00a0µm"]].concat(columns.map(function (column) {
        var value = column.numbers[index];
        var text = column.names ? column.names[value] : number(value) + (column.unit ? "\u00a0" + column.unit : "");
        return [column.label, text];
      })).forEach(function (row) {
        var pair = document.createElement("div");
        var label = document.createElement("dt"), value = document.createElement("dd");
        label.textContent = row[0];
        value.textContent = row[1];
        pair.append(label, value);
        list.append(pair);
      });
    } else {
      box.textContent = "Click a site to read its numbers.";
    }
    draw();
  }

  function nearest(x, y) {
    if (!columns[part("column").value]) return -1;
    var view = camera(), scale = canvas.clientWidth / (2 * view.half[0]);
    var reach = Math.max(data.radius * scale, 7), found = -1, front = -Infinity;
    for (var i = 0; i < ids.length; i += 1) {
      var p = sites.subarray(3 * i, 3 * i + 3), u = 0, v = 0, w = 0, beyond = -view.cut[3];
      for (var k = 0; k < 3; k += 1) {
        u += (p[k] - view.middle[k]) * view.right[k];
        v += (p[k] - view.middle[k]) * view.up[k];
        w += (p[k] - view.middle[k]) * view.toward[k];
        beyond += p[k] * view.cut[k];
      }
      var off = Math.hypot(canvas.clientWidth / 2 + u * scale - x,
        canvas.clientHeight / 2 - v * scale - y);
      if (beyond <= 0 && off <= reach && w > front) { found = i; front = w; }
    }
    return found;
  }

  function look(name) {
    state.az = VIEWS[name][0];
    state.el = VIEWS[name][1];
    state.zoom = 1;
    state.shift = [0, 0];
    // The box fits the picture as it is seen first; turning it does not change the scale.
    var view = axes();
    state.fit = [view.right, view.up].map(function (axis) {
      return 0.54 * axis.reduce(function (sum, x, i) { return sum + Math.abs(x) * span[i]; }, 0);
    });
    draw();
  }
  function turn(right, up) {
    state.az -= right;
    state.el = Math.max(-90, Math.min(90, state.el + up));
    draw();
  }
  function zoom(factor) {
    state.zoom = Math.max(0.3, Math.min(60, state.zoom * factor));
    draw();
  }

  var held = new Map(), moved = 0, apart = 0;
  canvas.addEventListener("pointerdown", function (event) {
    held.set(event.pointerId, [event.offsetX, event.offsetY]);
    canvas.setPointerCapture(event.pointerId);
    moved = 0;
    apart = 0;
  });
  canvas.addEventListener("pointermove", function (event) {
    var before = held.get(event.pointerId);
    if (!before) return;
    var dx = event.offsetX - before[0], dy = event.offsetY - before[1];
    held.set(event.pointerId, [event.offsetX, event.offsetY]);
    moved += Math.abs(dx) + Math.abs(dy);
    if (held.size === 2) {
      var two = Array.from(held.values());
      var now = Math.hypot(two[0][0] - two[1][0], two[0][1] - two[1][1]);
      if (apart > 0) zoom(now / apart);
      apart = now;
    } else if (event.shiftKey || event.buttons === 2) {
      var step = (2 * camera().half[0]) / canvas.clientWidth;
      state.shift = [state.shift[0] - dx * step, state.shift[1] + dy * step];
      draw();
    } else {
      turn(0.4 * dx, 0.4 * dy);
    }
  });
  ["pointerup", "pointercancel"].forEach(function (kind) {
    canvas.addEventListener(kind, function (event) {
      held.delete(event.pointerId);
      if (kind === "pointerup" && moved < 5) pick(nearest(event.offsetX, event.offsetY));
    });
  });
  canvas.addEventListener("contextmenu", function (event) { event.preventDefault(); });
  // The wheel scrolls the page until the scene was clicked, so that nobody gets stuck in it.
  canvas.addEventListener("wheel", function (event) {
    if (document.activeElement !== canvas && !event.ctrlKey) return;
    event.preventDefault();
    zoom(Math.exp(-0.0015 * event.deltaY));
  }, { passive: false });
  canvas.addEventListener("keydown", function (event) {
    var keys = {
      ArrowLeft: [turn, -6, 0], ArrowRight: [turn, 6, 0], ArrowUp: [turn, 0, -6],
      ArrowDown: [turn, 0, 6], "+": [zoom, 1.2], "=": [zoom, 1.2], "-": [zoom, 1 / 1.2],
      Home: [look, "oblique"], Escape: [pick, -1]
    };
    var found = keys[event.key];
    if (!found || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    found[0].apply(null, found.slice(1));
  });
  canvas.addEventListener("webglcontextlost", function (event) { event.preventDefault(); });
  canvas.addEventListener("webglcontextrestored", function () {
    drawing = dormatrixDrawing(canvas, model);
    showSkin();
    showSites();
  });

  function fill(select, items, first) {
    select.append(new Option(first, ""));
    items.forEach(function (item, i) { select.append(new Option(title(item), i)); });
  }
  fill(part("field"), data.fields, "clear, to see the sites");
  fill(part("column"), columns, "not shown");
  part("column").value = "0";
  part("rings").checked = data.rings;
  part("field").addEventListener("change", showSkin);
  part("column").addEventListener("change", showSites);
  part("rings").addEventListener("change", draw);
  part("depth").addEventListener("input", draw);
  part("cut").addEventListener("change", function () {
    part("depth").disabled = part("cut").value === "";
    draw();
  });
  place.querySelectorAll("button[data-view]").forEach(function (button) {
    button.addEventListener("click", function () { look(button.dataset.view); });
  });
  document.querySelectorAll("a[data-site]").forEach(function (link) {
    link.addEventListener("click", function () {
      pick(ids.indexOf(Number(link.dataset.site)));
    });
  });
  new ResizeObserver(draw).observe(canvas);
  look("oblique");
  showSkin();
  showSites();
  pick(-1);
})();
