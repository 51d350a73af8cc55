"use strict";
(async () => {
const byId = id => document.getElementById(id), make = (tag, text) => Object.assign(document.createElement(tag), text === undefined ? {} : { textContent: text });
// Five letters are four bytes; see packing.py.
const digits = new Uint8Array(128);
for (let code = 33, digit = 0; code < 127; code++) if (!"<>&\"'\\`{}".includes(String.fromCharCode(code))) digits[code] = digit++;
function bytes(text) {
  const words = (text.length - 1) / 5, made = new Uint8Array(4 * words), view = new DataView(made.buffer);
  for (let word = 0, at = 1; word < words; word++, at += 5) {
    let value = 0;
    for (let place = 0; place < 5; place++) value = value * 85 + digits[text.charCodeAt(at + place)];
    view.setUint32(4 * word, value);
  }
  return made.subarray(0, made.length - text[0]);
}
const array = (text, Kind) => text ? new Kind(bytes(text).slice().buffer) : null;
const own = (id, Kind) => array(byId(id).textContent, Kind);
const inflated = new Blob([bytes(byId("data").textContent)]).stream().pipeThrough(new DecompressionStream("deflate"));
const data = await new Response(inflated).json();
const { width, height, channels, smooth, across, each, count } = data;
const root = document.documentElement, map = byId("map"), wall = byId("wall"), card = byId("card"), one = byId("one");
const captions = data.captions, groupOf = own("group", Uint16Array), groups = data.groups;
const places = own("places", Float32Array), latents = own("latents", Float32Array);
const nameOf = i => captions[i] || (groupOf && groups[groupOf[i]]) || `Picture ${data.number[i]}`;
if (!smooth) document.body.classList.add("crisp");

// --- pictures: cut out of mosaics, which decode beside the page ------------------------------------------------
const mosaics = [];
const decoded = [...document.querySelectorAll("script.mosaic")].map(async (script, k) => {
  mosaics[k] = await createImageBitmap(new Blob([bytes(script.textContent)], { type: "image/webp" }));
  script.remove();
});
function paint(context, i, x, y, w, h) {
  const k = i % each, mosaic = mosaics[Math.floor(i / each)];
  if (mosaic) context.drawImage(mosaic, k % across * width, Math.floor(k / across) * height, width, height, x, y, w, h);
  return Boolean(mosaic);
}
function fill(canvas, i) {
  canvas.width = width; canvas.height = height;
  canvas.style.aspectRatio = `${width} / ${height}`;
  return paint(canvas.getContext("2d"), i, 0, 0, width, height);
}
async function filled(canvas, i) { await decoded[Math.floor(i / each)]; fill(canvas, i); }

// --- what is shown ---------------------------------------------------------------------------------------------
let shown = Array.from({ length: count }, (_, i) => i), visible = new Set(shown), chosen = new Set(), lit = -1;
const tiles = new Map();
const words = shown.map(i => [captions[i], groupOf ? groups[groupOf[i]] : "", data.number[i], data.names[data.name[i]]].join(" ").toLowerCase());

const watcher = new IntersectionObserver(entries => {
  for (const entry of entries) if (entry.isIntersecting) { watcher.unobserve(entry.target); filled(entry.target, +entry.target.dataset.i); }
}, { rootMargin: "600px" });

function hang() {
  wall.replaceChildren(); tiles.clear(); watcher.disconnect();
  let grid = null, last = null;
  for (const i of shown) {
    const group = groupOf ? groupOf[i] : 0;
    if (group !== last) {
      if (groupOf && groups[group]) {
        const heading = make("h2", groups[group]);
        heading.append(make("small", shown.filter(j => groupOf[j] === group).length));
        wall.append(heading);
      }
      wall.append(grid = make("div")); grid.className = "grid"; last = group;
    }
    const tile = make("button"), canvas = make("canvas");
    tile.className = "tile"; tile.type = "button"; tile.dataset.i = i; tile.setAttribute("aria-label", nameOf(i));
    canvas.dataset.i = i; canvas.style.aspectRatio = `${width} / ${height}`;
    tile.append(canvas);
    if (captions[i]) { const line = make("span", captions[i]); line.title = captions[i]; tile.append(line); }
    grid.append(tile); tiles.set(i, tile); watcher.observe(canvas);
  }
  if (!shown.length) { const none = make("p", "No picture is like that."); none.className = "none"; wall.append(none); }
}
function sift() {
  const wanted = byId("find").value.toLowerCase().split(/\s+/).filter(Boolean);
  shown = [];
  for (let i = 0; i < count; i++)
    if ((!chosen.size || chosen.has(groupOf[i])) && wanted.every(word => words[i].includes(word))) shown.push(i);
  visible = new Set(shown);
  hang(); redraw();
  byId("said").textContent = `${shown.length} of ${count} pictures`;
  byId("about").textContent = shown.length < count ? `${shown.length} of ${count} pictures` : data.about;
}
let sifting = 0;
byId("find").addEventListener("input", () => { clearTimeout(sifting); sifting = setTimeout(sift, count > 3000 ? 200 : 40); });

if (groups.length > 1 && groups.length <= 60) {
  const nav = byId("groups"), sizes = new Array(groups.length).fill(0);
  for (const group of groupOf) sizes[group]++;
  nav.hidden = false;
  groups.forEach((name, group) => {
    const button = make("button", name || "without a label");
    button.type = "button"; button.setAttribute("aria-pressed", "false"); button.append(make("small", sizes[group]));
    button.onclick = () => {
      chosen.has(group) ? chosen.delete(group) : chosen.add(group);
      button.setAttribute("aria-pressed", chosen.has(group)); sift();
    };
    nav.append(button);
  });
}
function light(i) {
  if (i === lit) return;
  tiles.get(lit)?.classList.remove("lit");
  lit = i; tiles.get(i)?.classList.add("lit"); redraw();
}
wall.addEventListener("pointerover", event => light(tileAt(event)));
wall.addEventListener("pointerleave", () => light(-1));
wall.addEventListener("focusin", event => light(tileAt(event)));
wall.addEventListener("click", event => { const i = tileAt(event); if (i >= 0) open(i); });
function tileAt(event) { const tile = event.target.closest?.(".tile"); return tile ? +tile.dataset.i : -1; }
wall.addEventListener("keydown", event => {
  const at = shown.indexOf(tileAt(event)), step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (at < 0) return;
  let to = step ? shown[at + step] : undefined;
  if (event.key === "ArrowUp" || event.key === "ArrowDown") to = above(shown[at], event.key === "ArrowUp" ? -1 : 1);
  if (event.key === "Home") to = shown[0];
  if (event.key === "End") to = shown[shown.length - 1];
  if (to === undefined) return;
  event.preventDefault(); tiles.get(to).focus();
});
function above(i, way) {
  const from = tiles.get(i).getBoundingClientRect();
  for (let at = shown.indexOf(i) + way, best; ; at += way) {
    const box = tiles.get(shown[at])?.getBoundingClientRect();
    if (!box || (best && box.top !== best.top)) return best?.i;
    if (box.top !== from.top && (!best || Math.abs(box.left - from.left) < Math.abs(best.left - from.left)))
      best = { i: shown[at], left: box.left, top: box.top };
  }
}

// --- the map ---------------------------------------------------------------------------------------------------
let view = null, fitted = null, points = null;
function ground() {
  if (!data.ground) return;
  const [left, bottom, right, top] = data.ground.bounds, grid = array(data.ground.points, Uint16Array);
  const kinds = array(data.ground.kinds, Uint8Array);
  points = { x: new Float32Array(grid.length / 2), y: new Float32Array(grid.length / 2), kinds };
  for (let k = 0; k < points.x.length; k++) {
    points.x[k] = left + grid[2 * k] / 65535 * (right - left); points.y[k] = bottom + grid[2 * k + 1] / 65535 * (top - bottom);
  }
  for (const [name, color] of data.ground.legend) if (name) {
    const item = make("li"), dot = make("i");
    dot.style.background = color; item.append(dot, name); byId("legend").append(item);
  }
  byId("partly").textContent = data.ground.partly;
}
function fit() {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const widen = (x, y) => { box[0] = Math.min(box[0], x); box[1] = Math.min(box[1], y); box[2] = Math.max(box[2], x); box[3] = Math.max(box[3], y); };
  for (let i = 0; i < count; i++) if (!Number.isNaN(places[2 * i])) widen(places[2 * i], places[2 * i + 1]);
  if (points) for (let k = 0; k < points.x.length; k++) widen(points.x[k], points.y[k]);
  const w = map.clientWidth, h = map.clientHeight, pad = Math.min(48, w * .08);
  const scale = Math.min((w - 2 * pad) / Math.max(box[2] - box[0], 1e-9), (h - 2 * pad) / Math.max(box[3] - box[1], 1e-9));
  fitted = scale; view = { x: (box[0] + box[2]) / 2, y: (box[1] + box[3]) / 2, scale };
}
const toX = x => (x - view.x) * view.scale + map.clientWidth / 2, toY = y => map.clientHeight / 2 - (y - view.y) * view.scale;
let waiting = false;
function redraw() {
  if (!places || waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; draw(); });
}
let spots = [], standing = new Set(), reach = 9;
function draw() {
  const ratio = devicePixelRatio || 1, w = map.clientWidth, h = map.clientHeight;
  if (!w || !h) return;
  if (!view) fit();
  if (map.width !== Math.round(w * ratio) || map.height !== Math.round(h * ratio)) { map.width = Math.round(w * ratio); map.height = Math.round(h * ratio); }
  const context = map.getContext("2d"), style = getComputedStyle(root);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, w, h);
  if (points) {
    const side = Math.min(4, 1.8 * Math.sqrt(Math.sqrt(view.scale / fitted)) + (points.x.length < 3000 ? .8 : 0));
    const legend = data.ground.legend, plain = style.getPropertyValue("--quiet");
    context.globalAlpha = .65;
    for (let kind = 0; kind < Math.max(1, legend.length); kind++) {
      context.fillStyle = points.kinds && legend[kind] ? legend[kind][1] : plain;
      for (let k = 0; k < points.x.length; k++) if (!points.kinds || points.kinds[k] === kind)
        context.fillRect(toX(points.x[k]) - side / 2, toY(points.y[k]) - side / 2, side, side);
    }
    context.globalAlpha = 1;
  }
  spots = [];
  for (const i of shown) {
    const x = toX(places[2 * i]), y = toY(places[2 * i + 1]);
    if (x > -40 && y > -40 && x < w + 40 && y < h + 40) spots.push([i, x, y]);
  }
  // Pictures where they have room, the first come first, and dots for the rest; the lit one stands above all.
  const side = Math.max(26, Math.min(52, .42 * Math.sqrt(w * h / Math.max(1, spots.length)))), room = spots.length > 150 ? side + 3 : 0;
  const taken = new Map(), cell = (x, y) => Math.floor(x / room) * 65536 + Math.floor(y / room), crowd = [], stand = [];
  for (const spot of spots) {
    if (room) {
      const [, x, y] = spot;
      let free = true;
      for (const dx of [-room, 0, room]) for (const dy of [-room, 0, room]) {
        const near = taken.get(cell(x + dx, y + dy));
        if (near && Math.abs(near[1] - x) < room && Math.abs(near[2] - y) < room) free = false;
      }
      if (!free) { crowd.push(spot); continue; }
      taken.set(cell(x, y), spot);
    }
    stand.push(spot);
  }
  const frame = style.getPropertyValue("--panel"), accent = style.getPropertyValue("--accent"), text = style.getPropertyValue("--text");
  context.imageSmoothingEnabled = smooth || side < Math.max(width, height);
  const thumb = (i, x, y, big, line) => {
    const tall = big * height / Math.max(width, height), wide = big * width / Math.max(width, height);
    context.fillStyle = line;
    context.fillRect(x - wide / 2 - 1.5, y - tall / 2 - 1.5, wide + 3, tall + 3);
    paint(context, i, x - wide / 2, y - tall / 2, wide, tall);
  };
  context.fillStyle = text; context.globalAlpha = .75;
  for (const [i, x, y] of crowd) { context.beginPath(); context.arc(x, y, 1.8, 0, 7); context.fill(); }
  context.globalAlpha = 1;
  for (const [i, x, y] of stand) if (i !== lit) thumb(i, x, y, side, frame);
  const spot = spots.find(([i]) => i === lit);
  if (spot) thumb(spot[0], spot[1], spot[2], Math.max(56, side * 1.25), accent);
  standing = new Set(stand.map(([i]) => i)); reach = side / 2;
}
function nearest(x, y) {
  let best = -1, least = Infinity;
  for (const [i, px, py] of spots) {
    const far = Math.hypot(px - x, py - y);
    if (far < least && far < (standing.has(i) ? Math.max(9, reach) : 6)) { least = far; best = i; }
  }
  return best;
}
function zoom(factor, x = map.clientWidth / 2, y = map.clientHeight / 2) {
  const scale = Math.min(fitted * 400, Math.max(fitted * .5, view.scale * factor)), mx = view.x + (x - map.clientWidth / 2) / view.scale, my = view.y - (y - map.clientHeight / 2) / view.scale;
  view.x = mx - (x - map.clientWidth / 2) / scale; view.y = my + (y - map.clientHeight / 2) / scale; view.scale = scale;
  hideCard(); redraw();
}
function move(dx, dy) { view.x -= dx / view.scale; view.y += dy / view.scale; hideCard(); redraw(); }
function hideCard() { card.hidden = true; }
function point(i, x, y) {
  light(i); map.classList.toggle("over", i >= 0);
  if (i < 0) return hideCard();
  fill(card.firstChild, i); card.children[1].textContent = nameOf(i); card.children[2].textContent = brief(i);
  card.hidden = false;
  const box = card.getBoundingClientRect();
  card.style.left = Math.min(x + 18, innerWidth - box.width - 8) + "px";
  card.style.top = Math.max(8, Math.min(y + 18, innerHeight - box.height - 8)) + "px";
}
if (places) {
  byId("room").hidden = false;
  const hands = new Map(); let moved = 0;
  const local = event => { const box = map.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  map.addEventListener("pointerdown", event => { map.setPointerCapture(event.pointerId); hands.set(event.pointerId, local(event)); if (hands.size === 1) moved = 0; });
  map.addEventListener("pointermove", event => {
    const [x, y] = local(event), was = hands.get(event.pointerId);
    if (!was) return point(nearest(x, y), event.clientX, event.clientY);
    if (hands.size === 1) { moved += Math.hypot(x - was[0], y - was[1]); if (moved > 4) { map.classList.add("held"); move(x - was[0], y - was[1]); } }
    else {
      const other = [...hands].find(([id]) => id !== event.pointerId)[1], far = Math.hypot(x - other[0], y - other[1]);
      moved = 99; move((x - was[0]) / 2, (y - was[1]) / 2);
      zoom(far / Math.max(1, Math.hypot(was[0] - other[0], was[1] - other[1])), (x + other[0]) / 2, (y + other[1]) / 2);
    }
    hands.set(event.pointerId, [x, y]);
  });
  const lift = event => {
    const here = hands.delete(event.pointerId) && event.type === "pointerup";
    map.classList.remove("held");
    if (here && moved <= 4) { const i = nearest(...local(event)); if (i >= 0) { hideCard(); open(i); } }
  };
  map.addEventListener("pointerup", lift); map.addEventListener("pointercancel", lift);
  map.addEventListener("pointerleave", () => { light(-1); hideCard(); });
  map.addEventListener("wheel", event => { event.preventDefault(); zoom(Math.exp(-event.deltaY * (event.deltaMode ? .05 : .0016)), ...local(event)); }, { passive: false });
  map.addEventListener("keydown", event => {
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    if (step) { event.preventDefault(); move(...step); }
  });
  byId("closer").onclick = () => zoom(1.5); byId("farther").onclick = () => zoom(1 / 1.5); byId("whole").onclick = () => { fit(); redraw(); };
  ground();
  new ResizeObserver(() => { if (view && Math.abs(view.scale - fitted) < 1e-9) view = null; draw(); }).observe(map);
} else document.querySelector("main").classList.add("wall");

// --- one picture, large ----------------------------------------------------------------------------------------
let current = -1;
const number = value => Math.abs(value) >= 1e5 || (value && Math.abs(value) < 1e-3) ? value.toExponential(2) : String(+value.toPrecision(4));
const facts = i => Object.entries(data.facts).filter(([, values]) => values[i] !== null).map(([name, values]) => [name, number(values[i])]);
const brief = i => facts(i).slice(0, 2).map(pair => pair.join(" ")).join(" · ");
function open(i) {
  current = i; hideCard();
  filled(one.querySelector("canvas"), i);
  one.querySelector("h2").textContent = nameOf(i);
  const list = one.querySelector("dl"); list.replaceChildren();
  const add = (name, value) => { if (value !== "" && value != null) list.append(make("dt", name), make("dd", value)); };
  add("number", data.number[i]); if (captions[i] && groupOf) add("label", groups[groupOf[i]]);
  for (const [name, value] of facts(i)) add(name, value);
  if (places && !Number.isNaN(places[2 * i])) add("on the map", `${number(places[2 * i])}, ${number(places[2 * i + 1])}`);
  add("model", data.names[data.name[i]]); add("drawn by", data.samplers[data.sampler[i]]); add("seed", data.seeds[i]);
  const at = shown.indexOf(i);
  byId("before").disabled = at <= 0; byId("after").disabled = at < 0 || at >= shown.length - 1;
  if (!one.open) one.showModal();
  light(i);
}
const step = way => { const to = shown[shown.indexOf(current) + way]; if (to !== undefined) open(to); };
byId("before").onclick = () => step(-1); byId("after").onclick = () => step(1); byId("close").onclick = () => one.close();
byId("keep").textContent = "Save picture";
byId("keep").title = latents ? "A PNG that returns to exactly this latent when it is dropped into Latent Explorer" : "Save this picture as a PNG";
one.addEventListener("click", event => { if (event.target === one) one.close(); });
one.addEventListener("close", () => { tiles.get(current)?.scrollIntoView({ block: "nearest" }); tiles.get(current)?.focus({ preventScroll: true }); });
one.addEventListener("keydown", event => { if (event.key === "ArrowLeft") step(-1); if (event.key === "ArrowRight") step(1); });

let table = null;
function crc(parts) {
  table ??= Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ n >>> 1 : n >>> 1; return n; });
  let c = -1;
  for (const part of parts) for (const byte of part) c = table[(c ^ byte) & 255] ^ c >>> 8;
  return ~c >>> 0;
}
function note(i) {
  const dims = data.latent, raw = new Uint8Array(latents.buffer, 4 * dims * i, 4 * dims);
  const ascii = text => text.replace(/[\u0080-\uffff]/g, c => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
  const place = places && !Number.isNaN(places[2 * i]) ? [places[2 * i], places[2 * i + 1]] : null;
  const text = ascii(JSON.stringify({ ...data.note, model: { name: data.names[data.name[i]], fingerprint: data.fingerprints[data.name[i]] },
    sampler: { text: data.samplers[data.sampler[i]], seed: 0, index: data.draw[i] }, place, extras: data.extras[i] ?? data.extras[0] ?? {},
    latent: { type: "float32-le", size: dims, base64: btoa(String.fromCharCode(...raw)) } }));
  // A seed may be larger than a number of this language; it was kept as its digits.
  return "latent-explorer\0" + text.replace('"seed":0', `"seed":${data.seeds[i] || "null"}`);
}
async function png(i) {
  const canvas = new OffscreenCanvas(width, height);
  await decoded[Math.floor(i / each)];
  paint(canvas.getContext("2d"), i, 0, 0, width, height);
  const plain = new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
  if (!latents) return new Blob([plain], { type: "image/png" });
  const kind = new TextEncoder().encode("tEXt"), body = new TextEncoder().encode(note(i)), four = value => { const four = new Uint8Array(4); new DataView(four.buffer).setUint32(0, value); return four; };
  return new Blob([plain.subarray(0, 33), four(body.length), kind, body, four(crc([kind, body])), plain.subarray(33)], { type: "image/png" });
}
byId("keep").onclick = async () => {
  const link = make("a"), url = URL.createObjectURL(await png(current));
  link.href = url; link.download = `${String(data.number[current]).padStart(4, "0")}.png`; link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};

// --- all -------------------------------------------------------------------------------------------------------
byId("theme").onclick = () => { root.dataset.theme = root.dataset.theme === "light" ? "dark" : "light"; redraw(); };
document.addEventListener("keydown", event => {
  if (one.open || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === byId("find")) { if (event.key === "Escape") { byId("find").value = ""; sift(); byId("find").blur(); } return; }
  if (event.key === "/") { event.preventDefault(); byId("find").focus(); }
  if (!places) return;
  if (event.key === "+" || event.key === "=") zoom(1.5);
  if (event.key === "-") zoom(1 / 1.5);
  if (event.key === "0") { fit(); redraw(); }
});
wall.style.setProperty("--side", Math.max(76, Math.min(132, smooth ? 132 : Math.max(1, Math.round(96 / width)) * width)) + "px");
hang();
Promise.all(decoded).then(() => { draw0(); requestAnimationFrame(() => requestAnimationFrame(() => { root.dataset.ready = Math.round(performance.now()); })); });
function draw0() { if (places) draw(); }
window.latentExplorerPage = { open, png, shown: () => shown, spots: () => spots };
})();
