// Tells the key of this tab, and what is being typed, before the field itself tells it.
// The tab's store holds the key alone: browsers write that store to their disk. A tab that has
// no key yet has no draft either, and tells nothing before something is typed.
const NAME = "mhkd-tab";
const PAUSE_MS = 700;
const FIELD = '[class*="st-key-post_text_"]';
let stop = null;
let timer = 0; // outlives a new draw of the component

export default function ({ data, setStateValue, setTriggerValue }) {
  stop?.();
  let told = data.tab;
  const tell = (tab) => {
    if (tab && tab !== told) setStateValue("tab", tab);
    told = tab;
  };
  const typed = (event) => {
    if (!event.target.closest?.(FIELD)) return;
    tell(readKey(data.spent) ?? makeKey());
    clearTimeout(timer);
    timer = setTimeout(() => setTriggerValue("typed", event.target.value), PAUSE_MS);
  };
  const left = () => clearTimeout(timer); // the field tells it now
  document.addEventListener("input", typed);
  document.addEventListener("focusout", left);
  const mine = () => {
    document.removeEventListener("input", typed);
    document.removeEventListener("focusout", left);
  };
  stop = mine;
  const before = readKey(data.spent);
  if (before) tell(before);
  return () => {
    clearTimeout(timer);
    mine();
  };
}

function readKey(spent) {
  try {
    const key = sessionStorage.getItem(NAME) ?? "";
    return /^[0-9a-f]{32}$/.test(key) && key !== spent ? key : null;
  } catch {
    return null; // the browser stores nothing for this page
  }
}

function makeKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const key = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    sessionStorage.setItem(NAME, key);
    return key;
  } catch {
    return null;
  }
}
