// Draws skin, sharp edges and sites of a scene with WebGL 2, in parallel projection.
var dormatrixDrawing = (function () {
  "use strict";

  var HEAD = "#version 300 es\nprecision highp float;\n";
  var CAMERA =
    "uniform vec3 right, up, toward, middle; uniform vec2 half_size; uniform float reach;\n" +
    "uniform vec4 cut;\n" +
    "vec3 seen(vec3 p) { p -= middle; return vec3(dot(p, right), dot(p, up), dot(p, toward)); }\n" +
    "vec4 placed(vec3 v) { return vec4(v.xy / half_size, -v.z / reach, 1.0); }\n";
  var LAMP =
    "float lit(vec3 n) {\n" +
    "  return 0.6 + 0.45 * max(dot(n, normalize(vec3(-0.3, 0.35, 1.0))), 0.0); }\n";

  var SKIN_VERTEX = HEAD + CAMERA +
    "in vec3 place; in float value; out vec3 view; out float share; out float beyond;\n" +
    "void main() { view = seen(place); share = value; beyond = dot(place, cut.xyz) - cut.w;\n" +
    "  gl_Position = placed(view); }";
  var SKIN_FRAGMENT = HEAD + LAMP +
    "in vec3 view; in float share; in float beyond; out vec4 colour;\n" +
    "uniform sampler2D bar; uniform bool glass;\n" +
    "void main() {\n" +
    "  if (beyond > 0.0) discard;\n" +
    "  vec3 n = normalize(cross(dFdx(view), dFdy(view)));\n" +
    "  if (n.z < 0.0) n = -n;\n" +
    "  if (glass) { float rim = 1.0 - n.z;\n" +
    "    colour = vec4(vec3(0.54, 0.576, 0.627) * lit(n), 0.09 + 0.3 * rim * rim); return; }\n" +
    "  vec3 c = texture(bar, vec2(share, 0.5)).rgb;\n" +
    "  colour = vec4(gl_FrontFacing ? c * lit(n) : mix(c, vec3(0.35), 0.5) * 0.75, 1.0); }";

  var LINE_VERTEX = HEAD + CAMERA +
    "in vec3 place; out float beyond;\n" +
    "void main() { vec3 v = seen(place); v.z += 0.002 * reach; gl_Position = placed(v);\n" +
    "  beyond = dot(place, cut.xyz) - cut.w; }";
  var LINE_FRAGMENT = HEAD +
    "in float beyond; out vec4 colour;\n" +
    "void main() { if (beyond > 0.0) discard; colour = vec4(0.35, 0.39, 0.44, 0.55); }";

  // A site is a square that faces the eye; its pixels are those of a ball, or of the ring around.
  var SITE_VERTEX = HEAD + CAMERA +
    "in vec2 corner; in vec3 place; in float value; in float ringed;\n" +
    "uniform float radius; uniform int chosen; uniform bool rings;\n" +
    "out vec2 spot; out float share; out float depth; flat out int mark;\n" +
    "void main() {\n" +
    "  mark = gl_InstanceID == chosen ? 2 : rings && ringed > 0.5 ? 1 : 0;\n" +
    "  float size = mark == 2 ? 1.75 : mark == 1 ? 1.37 : 1.05;\n" +
    "  vec3 v = seen(place); spot = corner * size; share = value; depth = v.z;\n" +
    "  gl_Position = dot(place, cut.xyz) > cut.w ? vec4(2.0, 2.0, 2.0, 1.0)\n" +
    "    : placed(v + vec3(spot * radius, 0.0)); }";
  var SITE_FRAGMENT = HEAD + LAMP +
    "in vec2 spot; in float share; in float depth; flat in int mark; out vec4 colour;\n" +
    "uniform sampler2D bar; uniform float radius, reach;\n" +
    "void main() {\n" +
    "  float size = mark == 2 ? 1.7 : mark == 1 ? 1.32 : 1.0;\n" +
    "  float far = length(spot), soft = fwidth(far), z = sqrt(max(1.0 - far * far, 0.0));\n" +
    "  float cover = clamp((size - far) / soft + 0.5, 0.0, 1.0);\n" +
    "  if (cover <= 0.0) discard;\n" +
    "  vec3 ball = texture(bar, vec2(share, 0.5)).rgb * lit(vec3(spot, z));\n" +
    "  vec3 ring = mark == 2 ? vec3(0.835, 0.369, 0.0) : vec3(0.0);\n" +
    "  float inside = mark == 0 ? 1.0 : clamp((1.0 - far) / soft + 0.5, 0.0, 1.0);\n" +
    "  colour = vec4(mix(ring, ball, inside), cover);\n" +
    "  gl_FragDepth = 0.5 - 0.5 * (depth + z * radius) / reach; }";

  function program(gl, vertex, fragment) {
    var made = gl.createProgram();
    [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]].forEach(function (part) {
      var shader = gl.createShader(part[0]);
      gl.shaderSource(shader, part[1]);
      gl.compileShader(shader);
      gl.attachShader(made, shader);
    });
    gl.linkProgram(made);
    if (!gl.getProgramParameter(made, gl.LINK_STATUS)) {
      throw new Error(gl.getProgramInfoLog(made) || "the shaders were refused");
    }
    return made;
  }

  function buffer(gl, numbers) {
    var made = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, made);
    gl.bufferData(gl.ARRAY_BUFFER, numbers, gl.STATIC_DRAW);
    return made;
  }

  function feed(gl, shader, name, source, size, each) {
    var slot = gl.getAttribLocation(shader, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, source);
    gl.enableVertexAttribArray(slot);
    gl.vertexAttribPointer(slot, size, gl.FLOAT, false, 0, 0);
    gl.vertexAttribDivisor(slot, each || 0);
  }

  function colours(gl, rgb) {
    var made = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, made);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, rgb.length / 3, 1, 0, gl.RGB, gl.UNSIGNED_BYTE, rgb);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    return made;
  }

  // canvas: where; model: {skin, edges, sites (places as Float32Array), uncertain, radius, middle,
  // reach}. Returns null where the browser has no WebGL 2, else {colourSkin, colourSites, draw}.
  return function (canvas, model) {
    var gl = canvas.getContext("webgl2", { alpha: false, antialias: true });
    if (!gl) return null;
    var skin = program(gl, SKIN_VERTEX, SKIN_FRAGMENT);
    var line = program(gl, LINE_VERTEX, LINE_FRAGMENT);
    var site = program(gl, SITE_VERTEX, SITE_FRAGMENT);
    var faces = model.skin.length / 3, ends = model.edges.length / 3;
    var count = model.sites.length / 3;

    function arrays(shader, sources) {
      var made = gl.createVertexArray();
      gl.bindVertexArray(made);
      sources.forEach(function (s) { feed(gl, shader, s[0], buffer(gl, s[1]), s[2], s[3]); });
      return made;
    }
    var skinShape = arrays(skin, [["place", model.skin, 3]]);
    var lineShape = arrays(line, [["place", model.edges, 3]]);
    var siteShape = arrays(site, [
      ["corner", new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), 2],
      ["place", model.sites, 3, 1],
      ["ringed", Float32Array.from(model.uncertain), 1, 1]
    ]);
    var skinBar = null, siteBar = null, skinValues = null, siteValues = null;

    function recolour(shader, shape, values, each, old) {
      gl.deleteBuffer(old);
      gl.bindVertexArray(shape);
      var made = buffer(gl, values);
      feed(gl, shader, "value", made, 1, each);
      return made;
    }

    function use(shader, camera) {
      gl.useProgram(shader);
      function at(name) { return gl.getUniformLocation(shader, name); }
      gl.uniform3fv(at("right"), camera.right);
      gl.uniform3fv(at("up"), camera.up);
      gl.uniform3fv(at("toward"), camera.toward);
      gl.uniform3fv(at("middle"), camera.middle);
      gl.uniform2fv(at("half_size"), camera.half);
      gl.uniform1f(at("reach"), model.reach);
      gl.uniform4fv(at("cut"), camera.cut);
      return at;
    }

    return {
      // shares: place of each corner (3 a triangle) on the colour bar; null for clear glass.
      colourSkin: function (shares, rgb) {
        gl.deleteTexture(skinBar);
        skinBar = shares && colours(gl, rgb);
        skinValues = recolour(skin, skinShape, shares || new Float32Array(faces), 0, skinValues);
      },
      colourSites: function (shares, rgb) {
        gl.deleteTexture(siteBar);
        siteBar = shares && colours(gl, rgb);
        if (shares) siteValues = recolour(site, siteShape, shares, 1, siteValues);
      },
      // camera: {right, up, toward, middle, half, cut}; options: {rings, chosen}.
      draw: function (camera, options) {
        var at;
        function drawSkin() {
          at = use(skin, camera);
          gl.uniform1i(at("glass"), skinBar ? 0 : 1);
          gl.bindTexture(gl.TEXTURE_2D, skinBar);
          gl.bindVertexArray(skinShape);
          gl.drawArrays(gl.TRIANGLES, 0, faces);
        }
        gl.viewport(0, 0, canvas.width, canvas.height);
        gl.clearColor(1, 1, 1, 1);
        gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
        gl.enable(gl.DEPTH_TEST);
        gl.disable(gl.BLEND);
        gl.depthMask(true);
        if (siteBar) {
          at = use(site, camera);
          gl.uniform1f(at("radius"), model.radius);
          gl.uniform1i(at("rings"), options.rings ? 1 : 0);
          gl.uniform1i(at("chosen"), options.chosen);
          gl.bindTexture(gl.TEXTURE_2D, siteBar);
          gl.bindVertexArray(siteShape);
          gl.enable(gl.SAMPLE_ALPHA_TO_COVERAGE);  // smooth rims without sorting
          gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, count);
          gl.disable(gl.SAMPLE_ALPHA_TO_COVERAGE);
        }
        if (skinBar) drawSkin();
        gl.enable(gl.BLEND);
        gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
        gl.depthMask(false);
        if (!skinBar) drawSkin();
        use(line, camera);
        gl.bindVertexArray(lineShape);
        gl.drawArrays(gl.LINES, 0, ends);
        gl.depthMask(true);
      }
    };
  };
})();
