"use strict";
// Draws the timeline from the JSON that stands in the page. Texts are set as text, never as HTML.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const lanes = data.lanes.map((lane) => lane.name).filter((name) => data.rows.some((row) => row.cells[name]));
  const WIDTHS = { app: "1.2fr", API: "2fr", run: "1.8fr", tools: "1.9fr" };
  const shown = { text: "", kind: "", operation: "", wrong: false, lanes: new Set(lanes) };
  const byId = new Map();

  // Building.

  function make(tag, properties = {}, ...children) {
    const { dataset, attributes, ...plain } = properties;
    const node = Object.assign(document.createElement(tag), plain);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  function clock(seconds) {
    if (seconds < 3600) return seconds.toFixed(3);
    const days = Math.floor(seconds / 86400);
    const parts = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
    return `${days ? `${days}d ` : ""}${parts.map((part) => String(part).padStart(2, "0")).join(":")}`;
  }

  function lineOf(row, lane, line) {
    if (lane === "app") return make("span", {}, ...line.split(/(?<=[._/])/).flatMap((part) => [make("wbr"), part]));
    const arrow = row.kind === "status" ? line.lastIndexOf("→ ") + 2 : 0;
    if (!arrow) return make("span", { textContent: line });
    const status = line.slice(arrow);
    return make("span", {}, line.slice(0, arrow), make("b", { className: `became ${status.replace(/\W/g, "")}`, textContent: status }));
  }

  function cellOf(row, lane) {
    const lines = (row.cells[lane] || []).map((line) => lineOf(row, lane, line));
    const cell = make("span", { className: `cell ${lane}` }, ...lines);
    if (lane === "API" && row.status) cell.prepend(make("span", { className: "code", textContent: row.status }));
    cell.hidden = !shown.lanes.has(lane);
    return cell;
  }

  const BAD = new Set(["unexpected", "no answer", "ended badly", "raised"]);

  function elementOf(row) {
    const failure = data.failure && data.failure.row === row.id;
    const link = make("a", { className: "time", href: `#e${row.id}`, textContent: clock(row.at), title: `${row.when}, entry ${row.id}` });
    const button = make("button", { type: "button", className: "cells", attributes: { "aria-expanded": "false" } });
    const cells = lanes.map((lane) => cellOf(row, lane));
    if (row.trouble) {
      const first = cells.find((cell) => cell.childNodes.length);
      first.firstChild.prepend(make("span", { className: "mark", textContent: row.trouble }));
    }
    button.append(...cells);
    const item = make("li", { id: `e${row.id}`, className: `row kind-${row.kind}` }, link, button);
    if (row.trouble) item.classList.add(BAD.has(row.trouble) ? "bad" : "wrong");
    if (failure) {
      item.classList.add("failure");
      item.prepend(make("div", { className: "why", textContent: `The point of failure: ${data.failure.why}` }));
    }
    button.addEventListener("click", () => toggle(row));
    return item;
  }

  function pauseOf(row) {
    return row.pause ? make("li", { className: "pause", textContent: `${row.pause} pass` }) : null;
  }

  // Details, made when they are asked for.

  function toggle(row, open = !row.element.classList.contains("open")) {
    row.element.classList.toggle("open", open);
    row.element.querySelector(".cells").setAttribute("aria-expanded", String(open));
    if (open && !row.details) {
      row.details = make("div", { className: "details", id: `d${row.id}` }, ...row.parts.map(sectionOf));
      row.element.append(row.details);
      row.element.querySelector(".cells").setAttribute("aria-controls", `d${row.id}`);
    }
    if (row.details) row.details.hidden = !open;
  }

  function sectionOf({ name, text }) {
    const value = jsonIn(text);
    const body = make("div", { className: "body", tabIndex: 0, attributes: { role: "group", "aria-label": name } });
    const draw = (asTree) => body.replaceChildren(asTree ? treeOf(null, value, 0) : make("pre", { textContent: text }));
    const heading = make("h3", { textContent: name });
    if (name === "stream") body.append(...text.split("\n\n").filter(Boolean).map(frameOf));
    else draw(value !== undefined);
    if (value !== undefined) {
      const button = make("button", { type: "button", textContent: "as text" });
      button.addEventListener("click", () => {
        const tree = button.textContent === "as text";
        draw(!tree);
        button.textContent = tree ? "as tree" : "as text";
      });
      heading.append(button);
    }
    return make("section", {}, heading, body);
  }

  function frameOf(frame) {
    const event = (/^event: ?(.*)$/m.exec(frame) || ["", "event"])[1];
    const text = (/^data: ?(.*)$/m.exec(frame) || ["", frame])[1];
    const value = jsonIn(text);
    return value === undefined ? make("div", {}, leafOf(event, text)) : treeOf(event, value, 9);
  }

  function jsonIn(text) {
    if (!/^\s*[[{]/.test(text)) return undefined;
    try { return JSON.parse(text); } catch { return undefined; }
  }

  function treeOf(key, value, depth) {
    const inside = typeof value === "string" ? jsonIn(value) : value;
    if (inside === null || typeof inside !== "object") return make("div", {}, leafOf(key, value));
    const names = Object.keys(inside);
    const summary = make("summary", {}, labelOf(key), make("span", { className: "size", textContent: sizeOf(inside, names, value) }));
    const node = make("details", {}, summary);
    if (!names.length) return make("div", {}, labelOf(key), Array.isArray(inside) ? "[]" : "{}");
    let filled = false;
    const fill = () => {
      if (filled || !node.open) return;
      filled = true;
      const children = names.map((name) => treeOf(name, inside[name], depth + 1));
      node.append(make("div", { className: "tree" }, ...children));
    };
    node.addEventListener("toggle", fill);
    node.open = depth < 2 || (names.length < 5 && depth < 5);
    fill();
    return node;
  }

  function sizeOf(value, names, given) {
    const size = Array.isArray(value) ? `[${names.length}]` : `{${names.slice(0, 4).join(", ")}${names.length > 4 ? ", …" : ""}}`;
    return typeof given === "string" ? `${size} — JSON in a text` : size;
  }

  function labelOf(key) {
    return key === null ? "" : make("span", { className: "key", textContent: `${key}: ` });
  }

  function leafOf(key, value) {
    const isText = typeof value === "string";
    const leaf = make("span", { className: isText ? "text" : "value", textContent: isText ? value : String(value) });
    return make("span", {}, labelOf(key), leaf);
  }

  // Filters.

  const KINDS = {
    request: "requests", poll: "polls and other reads", stream: "streams", status: "changes of status",
    model: "the model's turns", function: "watched functions", fault: "faults alone",
  };
  const list = make("ol", { className: "rows", id: "entries", tabIndex: -1, attributes: { "aria-label": "Entries" } });
  const empty = make("p", { className: "empty", textContent: "No entry fits the filters.", hidden: true });
  const count = make("output", { className: "count" });
  const search = make("input", { type: "search", placeholder: "Search  ( / )", attributes: { "aria-label": "Search in entries and bodies", "aria-keyshortcuts": "/" } });

  function fits(row) {
    if (shown.kind && row.kind !== shown.kind) return false;
    if (shown.operation && row.what !== shown.operation) return false;
    if (shown.wrong && !row.trouble && !row.element.classList.contains("failure")) return false;
    if (!Object.keys(row.cells).some((lane) => shown.lanes.has(lane))) return false;
    return shown.text.split(/\s+/).every((word) => haystack(row).includes(word));
  }

  function haystack(row) {
    if (row.words === undefined) {
      const parts = [row.what, row.status, row.trouble, row.when, ...Object.values(row.cells).flat(), ...row.parts.map((part) => part.text)];
      row.words = parts.join("\n").toLowerCase();
    }
    return row.words;
  }

  function filter() {
    let kept = 0;
    for (const row of data.rows) {
      const fit = fits(row);
      if (row.element.hidden === fit) row.element.hidden = !fit;
      if (row.gap) row.gap.hidden = !fit;
      kept += fit;
    }
    empty.hidden = kept > 0;
    count.textContent = kept === data.rows.length ? `${kept} entries` : `${kept} of ${data.rows.length} entries`;
  }

  function showLanes() {
    const visible = lanes.filter((lane) => shown.lanes.has(lane));
    document.documentElement.style.setProperty("--columns", visible.map((lane) => `minmax(0, ${WIDTHS[lane]})`).join(" ") || "1fr");
    for (const lane of lanes) {
      for (const cell of document.querySelectorAll(`.cell.${lane}, .head.${lane}`)) cell.hidden = !shown.lanes.has(lane);
    }
  }

  function chip(text, className, pressed, act) {
    const button = make("button", { type: "button", className: `chip ${className}`, textContent: text, attributes: { "aria-pressed": String(pressed) } });
    button.addEventListener("click", () => {
      const now = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(now));
      act(now);
      filter();
    });
    return button;
  }

  function choice(label, name, options) {
    const select = make("select", { attributes: { "aria-label": label } }, make("option", { value: "", textContent: label }));
    for (const [value, text] of options) select.append(make("option", { value, textContent: text }));
    select.addEventListener("change", () => { shown[name] = select.value; filter(); });
    return select;
  }

  function laneChips() {
    return data.lanes.filter((lane) => lanes.includes(lane.name)).map((lane) => {
      const button = chip(lane.name, `lane ${lane.name}`, true, (on) => {
        shown.lanes[on ? "add" : "delete"](lane.name);
        showLanes();
      });
      button.title = `${lane.means}: shown or not`;
      return button;
    });
  }

  function barOf() {
    const kinds = Object.entries(KINDS).filter(([kind]) => data.rows.some((row) => row.kind === kind));
    const operations = [...new Set(data.rows.filter((row) => row.status).map((row) => row.what))].sort().map((name) => [name, name]);
    const wrong = data.rows.filter((row) => row.trouble).length;
    const form = make("form", { className: "filters", attributes: { role: "search", "aria-label": "Filters" } }, search, ...laneChips(),
      choice("every kind", "kind", kinds), choice("every operation", "operation", operations));
    if (wrong) form.append(chip(`${wrong} went wrong`, "wrong", false, (on) => { shown.wrong = on; }));
    form.append(count);
    form.addEventListener("submit", (event) => event.preventDefault());
    const heads = make("div", { className: "heads", attributes: { "aria-hidden": "true" } }, ...lanes.map((lane) => make("span", { className: `head ${lane}`, textContent: lane })));
    return make("div", { className: "bar" }, form, overviewOf(), heads);
  }

  function reset() {
    Object.assign(shown, { text: "", kind: "", operation: "", wrong: false });
    lanes.forEach((lane) => shown.lanes.add(lane));
    document.querySelectorAll(".filters select, .filters input").forEach((input) => { input.value = ""; });
    document.querySelectorAll(".chip").forEach((one) => one.setAttribute("aria-pressed", String(one.classList.contains("lane"))));
    showLanes();
    filter();
  }

  // The overview: all lanes at once; a long pause is as wide as a short one, and is marked.

  function overviewOf() {
    const LONGEST = 2, WIDTH = 1000, HEIGHT = lanes.length * 8;
    let at = 0, before = 0;
    const places = data.rows.map((row) => {
      at += Math.min(Math.max(row.at - before, 0), LONGEST) + 0.05;
      before = row.at;
      return at;
    });
    const scale = WIDTH / ((at || 1) * 1.004);
    const paths = Object.fromEntries([...lanes, "bad"].map((name) => [name, ""]));
    const svg = shape("svg", { class: "overview", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    data.rows.forEach((row, number) => {
      row.place = places[number] * scale;
      if (row.pause) svg.append(shape("line", { class: "broken", x1: row.place - 2, x2: row.place - 2, y1: 0, y2: HEIGHT, "stroke-dasharray": "2 2" }));
      lanes.forEach((lane, track) => {
        if (row.cells[lane]) paths[row.trouble ? "bad" : lane] += `M${row.place.toFixed(1)} ${track * 8 + 1}h3v6h-3z`;
      });
    });
    for (const [name, path] of Object.entries(paths)) svg.append(shape("path", { class: name, d: path }));
    const failure = data.rows.find((row) => data.failure && row.id === data.failure.row);
    if (failure) svg.append(shape("line", { class: "here", x1: failure.place, x2: failure.place, y1: 0, y2: HEIGHT }));
    svg.addEventListener("click", (event) => {
      const box = svg.getBoundingClientRect();
      const wanted = ((event.clientX - box.left) / box.width) * WIDTH;
      const visible = data.rows.filter((row) => !row.element.hidden);
      if (visible.length) visit(visible.reduce((best, row) => (Math.abs(row.place - wanted) < Math.abs(best.place - wanted) ? row : best)));
    });
    return svg;
  }

  function shape(tag, attributes) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  }

  // Moving about.

  function visit(row) {
    if (row.element.hidden) reset();
    document.querySelectorAll(".row.target").forEach((one) => one.classList.remove("target"));
    row.element.classList.add("target");
    row.element.scrollIntoView({ block: "center" });
    row.element.querySelector(".cells").focus({ preventScroll: true });
  }

  function visitNamed() {
    const row = byId.get(location.hash.slice(1));
    if (!row) return;
    toggle(row, true);
    visit(row);
  }

  function step(by, wanted) {
    const rows = data.rows.filter((row) => !row.element.hidden && wanted(row));
    if (!rows.length) return;
    const here = document.activeElement && document.activeElement.closest(".row");
    const index = data.rows.findIndex((row) => row.element === here);
    const next = by > 0 ? rows.find((row) => row.index > index) : rows.findLast((row) => row.index < index);
    visit(next || (by > 0 ? rows[rows.length - 1] : rows[0]));
  }

  const KEYS = {
    "/": () => search.select() || search.focus(),
    j: () => step(1, () => true),
    k: () => step(-1, () => true),
    n: () => step(1, (row) => row.trouble),
    p: () => step(-1, (row) => row.trouble),
    f: () => data.failure && visit(byId.get(`e${data.failure.row}`)),
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (document.activeElement === search) search.blur();
      reset();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (Object.hasOwn(KEYS, event.key)) {
      event.preventDefault();
      KEYS[event.key]();
    }
  });

  // Light and dark.

  const theme = document.getElementById("theme");
  const THEMES = ["auto", "light", "dark"];

  function showTheme(name) {
    if (name === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    theme.textContent = `Theme: ${name}`;
  }

  function kept(name) {  // some browsers refuse storage to files
    try {
      if (name) localStorage.setItem("assistants-simulator-theme", name);
      return localStorage.getItem("assistants-simulator-theme");
    } catch { return null; }
  }

  theme.addEventListener("click", () => {
    const name = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme || "auto") + 1) % THEMES.length];
    showTheme(name);
    kept(name);
  });
  theme.hidden = false;
  showTheme(THEMES.includes(kept()) ? kept() : "auto");

  // Together.

  const items = [];
  data.rows.forEach((row, index) => {
    row.index = index;
    row.parts = row.details;
    row.details = null;
    row.gap = pauseOf(row);
    row.element = elementOf(row);
    [row.id, ...row.more].forEach((id) => byId.set(`e${id}`, row));
    items.push(...(row.gap ? [row.gap] : []), row.element);
  });
  list.append(...items);
  const hints = [["/", "search"], ["j", "next"], ["k", "previous"], ["n", "next that went wrong"], ["p", "previous"], ["f", "point of failure"], ["Esc", "show all"]];
  const footer = make("footer", {}, ...hints.flatMap(([key, means]) => [make("kbd", { textContent: key }), ` ${means}   `]));
  document.getElementById("timeline").append(...(data.rows.length ? [barOf()] : []), list, empty);
  document.body.append(footer);
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { shown.text = search.value.trim().toLowerCase(); filter(); }, 60);
  });
  showLanes();
  filter();
  addEventListener("hashchange", visitNamed);
  visitNamed();
})();
