/** Which stream is looked at, and at which version: it stands in the address, `#stream/order-1/2`. */

const ADDRESS = /^#stream\/([^/]+)(?:\/(\d+))?$/;
const listeners = [];
let current = { stream: null, version: null };

/** The stream's id, null for none; the version, null for the newest there is. */
export function chosen() {
  return current;
}

export function onChoice(listener) {
  listeners.push(listener);
}

export function choose(stream, version = null) {
  if (stream === current.stream && version === current.version) return;
  history.replaceState(null, "", `#stream/${encodeURIComponent(stream)}${version === null ? "" : `/${version}`}`);
  take({ stream, version });
}

function take(next) {
  current = next;
  listeners.forEach((listener) => listener());
}

/** Takes the choice from the address. */
export function fromAddress() {
  const found = ADDRESS.exec(location.hash);
  if (found) take({ stream: decodeURIComponent(found[1]), version: found[2] ? Number(found[2]) : null });
}

addEventListener("hashchange", fromAddress);
