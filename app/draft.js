// Tells the key of this tab, and what is being typed, before the field itself tells it.
// The tab's store holds the key alone: browsers write that store to their disk.
const NAME = "mhkd-tab";
const PAUSE_MS = 700;
const FIELD = '[class*="st-key-post_text_"]';
let stop = null;

export default function ({ data, setStateValue, setTriggerValue }) {
  stop?.();
  const tab = findKey(data.spent);
  if (tab && tab !== data.tab) setStateValue("tab", tab);
  let timer = 0;
  const typed = (event) => {
    if (!event.target.closest?.(FIELD)) return;
    clearTimeout(timer);
    timer = setTimeout(() => setTriggerValue("typed", event.target.value), PAUSE_MS);
  };
  const left = () => clearTimeout(timer); // the field tells it now
  document.addEventListener("input", typed);
  document.addEventListener("focusout", left);
  stop = () => {
    clearTimeout(timer);
    document.removeEventListener("input", typed);
    document.removeEventListener("focusout", left);
  };
  return stop;
}

function findKey(spent) {
  try {
    let key = sessionStorage.getItem(NAME);
    if (!/^[0-9a-f]{32}$/.test(key ?? "") || key === spent) {
      const bytes = crypto.getRandomValues(new Uint8Array(16));
      key = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      sessionStorage.setItem(NAME, key);
    }
    return key;
  } catch {
    return null; // the browser stores nothing for this page
  }
}
