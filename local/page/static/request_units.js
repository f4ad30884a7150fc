/** Request units: what each container costs by operation, and how fast that grows. */

import { byId, h, keep, number, say } from "./elements.js";
import { watch } from "./live.js";
import { ask } from "./server.js";

const WINDOW_SECONDS = 5;
const SHOWN_SECONDS = 60;
const HEIGHT = 24;
const SVG = "http://www.w3.org/2000/svg";

/** What was counted when: `{seconds, units: {place: request units}}`, the newest last. */
let samples = [];

async function look() {
  const counted = await ask("containers");
  remember(counted);
  say(byId("units-total"), `${number(counted.requestUnits, 1)} RU`);
  say(byId("units-rate"), `${number(rate(""), 1)} RU`);
  say(byId("glance-units"), number(rate(""), 1));
  keep(byId("containers"), counted.containers, { key: (container) => container.name, make: bodyOf, update: showContainer });
  drawRates();
}

function remember({ requestUnits, containers }) {
  const units = { "": requestUnits };
  for (const { name, operations } of containers) {
    units[name] = sumOf(operations, "requestUnits");
    for (const { kind, requestUnits: ofKind } of operations) units[`${name} ${kind}`] = ofKind;
  }
  const seconds = performance.now() / 1000;
  if (samples.length && requestUnits < samples.at(-1).units[""]) samples = [];
  samples.push({ seconds, units });
  samples = samples.filter((sample) => sample.seconds > seconds - SHOWN_SECONDS - WINDOW_SECONDS);
}

function sumOf(items, name) {
  return items.reduce((sum, item) => sum + item[name], 0);
}

/** Request units per second of a place over the last seconds before a sample. */
function rate(place, at = samples.length - 1) {
  const last = samples[at];
  const first = samples.find((sample) => sample.seconds >= last.seconds - WINDOW_SECONDS);
  const seconds = last.seconds - first.seconds;
  return seconds > 0 ? ((last.units[place] ?? 0) - (first.units[place] ?? 0)) / seconds : 0;
}

function bodyOf({ name, partitionKey }) {
  const body = h("tbody", null);
  const open = h("button", { type: "button", class: "fold", "aria-expanded": "false", title: `partition key ${partitionKey.join(", ")}`, click: () => toggle(body, open) }, name);
  body.append(h("tr", null, h("th", { scope: "rowgroup" }, open), ...cells()));
  return body;
}

function cells() {
  return Array.from({ length: 4 }, () => h("td"));
}

function toggle(body, button) {
  const open = button.ariaExpanded !== "true";
  button.ariaExpanded = String(open);
  body.classList.toggle("open", open);
}

function showContainer(body, { name, documents, operations }) {
  fill(body.rows[0], [number(documents), number(sumOf(operations, "requests")), number(sumOf(operations, "requestUnits"), 1), shownRate(name)]);
  keep(body, operations, {
    key: (operation) => operation.kind,
    make: ({ kind }) => h("tr", { class: "operation" }, h("th", { scope: "row" }, kind.replaceAll("_", " ")), ...cells()),
    update: (row, { kind, requests, requestUnits }) => fill(row, ["", number(requests), number(requestUnits, 1), shownRate(`${name} ${kind}`)]),
  });
}

function shownRate(place) {
  const units = rate(place);
  return units ? number(units, 1) : "–";
}

function fill(row, texts) {
  texts.forEach((text, index) => say(row.cells[index + 1], text));
}

function drawRates() {
  const now = samples.at(-1).seconds;
  const rates = samples.map((sample, index) => [SHOWN_SECONDS - (now - sample.seconds), rate("", index)]);
  const most = Math.max(1, ...rates.map(([, units]) => units));
  byId("rates").replaceChildren(...rates.filter(([x]) => x >= 1).map(([x, units]) => bar(x, (units / most) * HEIGHT)));
}

function bar(x, height) {
  const rectangle = document.createElementNS(SVG, "rect");
  const place = { x: x - 0.9, y: HEIGHT - height, width: 0.8, height };
  for (const [name, value] of Object.entries(place)) rectangle.setAttribute(name, value.toFixed(2));
  return rectangle;
}

async function countAnew() {
  await ask("stats", { method: "DELETE" });
  samples = [];
  lookNow();
}

const lookNow = watch("request-units", look, { seconds: 1 });
byId("count-anew").addEventListener("click", countAnew);
