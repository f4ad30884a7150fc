/** The past as the application tells it: the state of an aggregate after any of its events. */

import { ask } from "./server.js";

const states = new Map();
let paths = null;

/**
 * The state at a version; null before the first and where the application shows no state of such aggregates.
 * What is past stays as it was: it is asked for once.
 */
export async function stateAt(stream, version, signal) {
  const path = version > 0 ? await pathOf(stream) : null;
  if (path === null) return null;
  const address = `${path}?version=${version}`;
  if (!states.has(address)) states.set(address, await ask(address, { signal }));
  return states.get(address);
}

/** The route whose one parameter is `orderId` for the stream `order-1`, as openapi.json has it. */
async function pathOf(stream) {
  paths ??= (await ask("api/openapi.json")).paths;
  const [, type, id] = /^([^-]+)-(.*)$/s.exec(stream) ?? [];
  const found = Object.entries(paths).find(([path, item]) => path.endsWith(`/{${type}Id}`) && answersVersions(item));
  return found ? `api${found[0].replace(/\{.*\}$/, encodeURIComponent(id))}` : null;
}

function answersVersions(item) {
  return Boolean(item.get?.parameters?.some((parameter) => parameter.name === "version"));
}

/** Per field, by its path, its value and what it was before: `{path, now, before}`, undefined for absent. */
export function differences(before, now) {
  const [old, fresh] = [flat(before), flat(now)];
  const fields = [...fresh.keys(), ...[...old.keys()].filter((path) => !fresh.has(path))];
  return fields.map((path) => ({ path, now: fresh.get(path), before: old.get(path) }));
}

function flat(value, path = "", found = new Map()) {
  if (value !== null && typeof value === "object" && Object.keys(value).length) {
    for (const [name, inner] of Object.entries(value)) {
      flat(inner, Array.isArray(value) ? `${path}[${name}]` : path ? `${path}.${name}` : name, found);
    }
  } else if (path) {
    found.set(path, typeof value === "string" ? value : JSON.stringify(value));
  }
  return found;
}
