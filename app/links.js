// A link to another page waits for what the page is just telling. Streamlit carries out the link
// at once and drops what was told before it and not yet heard: a post that was typed would be
// gone. Waits for some seconds at most, and only where it can see that something is under way.
// A menu that covers the page closes behind the link.
const LINKS = 'a[data-testid*="NavLink"], a[data-testid*="PageLink"]';
const FRESH_MS = 300; // a field that was left so lately may not have told yet
const LOOK_EVERY_MS = 60;
const PATIENCE_MS = 4000;
let stop = null;
let leftAt = -Infinity; // outlives a new draw of the component

export default function () {
  stop?.();
  const note = () => {
    leftAt = performance.now();
  };
  const hold = (event) => {
    const link = event.target.closest?.(LINKS);
    const changed = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
    if (!link || changed) return;
    if (link.dataset.mhkdGo || !isTelling()) return void setTimeout(closeMenu);
    event.preventDefault();
    event.stopPropagation();
    const end = performance.now() + PATIENCE_MS;
    const go = () => {
      if (isTelling() && performance.now() < end) return void setTimeout(go, LOOK_EVERY_MS);
      const now = link.isConnected ? link : find(link.href);
      if (!now) return;
      now.dataset.mhkdGo = "1";
      now.click();
      delete now.dataset.mhkdGo;
    };
    setTimeout(go, LOOK_EVERY_MS);
  };
  document.addEventListener("focusout", note, true);
  document.addEventListener("click", hold, true);
  const mine = () => {
    document.removeEventListener("focusout", note, true);
    document.removeEventListener("click", hold, true);
  };
  stop = mine;
  return mine;
}

// On a narrow screen, or one enlarged to 400 %, the menu lies over the page and stays open.
function closeMenu() {
  const menu = document.querySelector('[data-testid="stSidebar"]');
  if (!menu || menu.getBoundingClientRect().width < 0.6 * innerWidth) return;
  menu.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
}

function find(href) {
  return [...document.querySelectorAll(LINKS)].find((link) => link.href === href);
}

function isTelling() {
  const state = document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState;
  if (state === undefined) return false;
  return state !== "notRunning" || performance.now() - leftAt < FRESH_MS;
}
