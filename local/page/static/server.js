/** Asking: the servers under `/_local/`, the application under `/_local/api/`. */

import { byId } from "./elements.js";

const PATIENCE_MILLISECONDS = 20_000;
const PURPOSE = "the page at /_local/";

/** An answer that is an error; the message is its problem document's title and detail. */
export class Problem extends Error {
  constructor(status, { type, title, detail }) {
    const named = type === "about:blank" && detail ? null : title ?? `Status ${status}`;
    super([named, detail].filter(Boolean).join(": "));
    this.status = status;
  }
}

/** No answer at all. */
export class Away extends Error {}

/** The JSON of an answer. Raises Problem and Away; an `AbortError` of a signal goes through. */
export async function ask(path, { signal, ...options } = {}) {
  const answer = await answered(path, { ...options, signal: patient(signal), headers: headersFor(path) }, signal);
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  throw await problemOf(answer, path);
}

/** Where the application is, running or not: `{api}`, an address. */
export function application() {
  return ask("application");
}

async function answered(path, options, signal) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Away(error.message);
  }
}

function patient(signal) {
  const timeout = AbortSignal.timeout(PATIENCE_MILLISECONDS);
  return signal ? AbortSignal.any([signal, timeout]) : timeout;
}

function headersFor(path) {
  if (!path.startsWith("api/")) return {};
  const key = byId("key").value;
  return { "x-purpose": PURPOSE, ...(key && { "x-functions-key": key }) };
}

async function problemOf(answer, path) {
  const text = await answer.text();
  if (!text && answer.status === 401 && path.startsWith("api/")) {
    byId("key-form").hidden = false;
    return new Problem(401, { title: "Refused", detail: "the application asks for a function key; it stands in the log, give it above" });
  }
  try {
    return new Problem(answer.status, JSON.parse(text));
  } catch {
    return new Problem(answer.status, { detail: text });
  }
}
