/** The hubs: what each partition holds, and how far behind each consumer group is. */

import { byId, clock, counted, h, keep, number, say } from "./elements.js";
import { stir, watch } from "./live.js";
import { ask } from "./server.js";

let known = 0;

async function look() {
  const { hubs } = await ask("event-hubs");
  keep(byId("hubs"), hubs, { key: (hub) => hub.name, make: hubView, update: showHub });
  const sent = hubs.flatMap((hub) => hub.partitions).reduce((sum, partition) => sum + partition.next, 0);
  say(byId("glance-hub"), number(sent));
  if (sent !== known) stir();
  known = sent;
}

function hubView({ name, partitions }) {
  const head = partitions.map(({ id }) => h("th", { scope: "col" }, `Partition ${id}`));
  return h("div", { class: "scroll" },
    h("table", null,
      h("caption", null, h("b", null, name), " ", h("span", { class: "note" })),
      h("thead", null, h("tr", null, h("th", { scope: "col" }, "Consumer group"), ...head)),
      h("tbody", null),
      h("tfoot", null, h("tr", null, h("th", { scope: "row" }, "Events held"), ...partitions.map(() => h("td"))))));
}

function showHub(view, { partitions, consumerGroups }) {
  const table = view.firstElementChild;
  const held = partitions.reduce((sum, { first, next }) => sum + next - first, 0);
  say(table.caption.lastElementChild, `${counted(held, "event")} in ${counted(partitions.length, "partition")}`);
  keep(table.tBodies[0], consumerGroups, { key: (group) => group.name, make: groupRow, update: showGroup });
  partitions.forEach((partition, index) => showPartition(table.tFoot.rows[0].cells[index + 1], partition));
}

function groupRow({ name, partitions }) {
  return h("tr", null, h("th", { scope: "row" }, name), ...partitions.map(() => h("td")));
}

function showGroup(row, { partitions }) {
  partitions.forEach(({ behind }, index) => {
    const cell = row.cells[index + 1];
    cell.className = behind ? "behind" : behind === null ? "note" : "";
    say(cell, behind === null ? "no reader" : behind ? `${number(behind)} behind` : "up to date");
  });
}

function showPartition(cell, { first, next, lastEnqueued }) {
  say(cell, number(next - first));
  cell.title = lastEnqueued ? `sequence numbers ${first} to ${next - 1}, the newest at ${clock(lastEnqueued)}` : "empty";
}

watch("event-hubs", look, { seconds: 1 });
