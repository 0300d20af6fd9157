import { el, icon } from './dom.js';

/** The command palette: pages, actions, people and things by name. */

const dialog = document.getElementById('palette');
const input = document.getElementById('palette-q');
const list = document.getElementById('palette-list');
const note = document.getElementById('palette-note');

let asked = 0;
let timer = 0;
/** What is listed answers an older text than the one in the box. */
let isStale = false;
/** Enter was pressed while it was: it means the first of what is coming. */
let goWhenThere = false;
/** @type {AbortController|null} */
let running = null;

if (dialog instanceof HTMLDialogElement && input instanceof HTMLInputElement && list && note) {
  document.addEventListener('keydown', (event) => {
    if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else if (!document.querySelector('dialog[open]')) dialog.showModal();
  });
  // However it was opened, it begins empty.
  new MutationObserver(() => {
    if (!dialog.open) return;
    input.value = '';
    list.replaceChildren();
    goWhenThere = false;
    input.focus();
    ask();
  }).observe(dialog, { attributeFilter: ['open'] });

  input.addEventListener('input', () => {
    clearTimeout(timer);
    isStale = true;
    goWhenThere = false;
    timer = setTimeout(ask, 90);
  });

  input.addEventListener('keydown', (event) => {
    const rows = [...list.children];
    const at = rows.findIndex((row) => row.getAttribute('aria-selected') === 'true');
    if (event.key === 'ArrowDown') select(rows[(at + 1) % rows.length]);
    else if (event.key === 'ArrowUp') select(rows[(at - 1 + rows.length) % rows.length]);
    else if (event.key === 'Enter' && isStale) goWhenThere = true;
    else if (event.key === 'Enter' && at >= 0) go(rows[at]);
    else return;
    event.preventDefault();
  });

  list.addEventListener('click', (event) => {
    if (event.target instanceof Element) go(event.target.closest('li') ?? undefined);
  });
  list.addEventListener('mousemove', (event) => {
    if (event.target instanceof Element) select(event.target.closest('li') ?? undefined);
  });
}

/** @param {Element|undefined} row */
function select(row) {
  if (!row || !list || !input) return;
  for (const other of list.children) other.setAttribute('aria-selected', String(other === row));
  input.setAttribute('aria-activedescendant', row.id);
  row.scrollIntoView({ block: 'nearest' });
}

/** @param {Element|undefined} row */
function go(row) {
  if (!(row instanceof HTMLElement)) return;
  if (row.dataset.url) location.assign(row.dataset.url);
  const button = row.dataset.press && document.getElementById(row.dataset.press);
  if (!button || !(dialog instanceof HTMLDialogElement)) return;
  dialog.close();
  button.click();
}

async function ask() {
  if (!(input instanceof HTMLInputElement) || !list || !note) return;
  asked += 1;
  const mine = asked;
  running?.abort();
  running = new AbortController();
  const wanted = input.value.trim();
  const query = new URLSearchParams({ q: wanted, group: document.body.dataset.group ?? '' });
  try {
    const answer = await fetch(`/palette?${query}`, { signal: running.signal, headers: { Accept: 'application/json' } });
    if (!answer.ok) throw new Error(String(answer.status));
    const items = await answer.json();
    if (mine !== asked) return;
    list.replaceChildren(...items.map(row));
    note.textContent = items.length ? '' : 'Nothing has this name. Try another word.';
    select(list.firstElementChild ?? undefined);
    isStale = wanted !== input.value.trim();
    if (goWhenThere && !isStale) go(list.firstElementChild ?? undefined);
  } catch (error) {
    if (mine !== asked || (error instanceof DOMException && error.name === 'AbortError')) return;
    list.replaceChildren();
    note.textContent = 'The search did not answer. Try again in a moment.';
  }
}

/**
 * A line leads somewhere, or presses a button that the page has in one of its menus.
 * @param {{icon: string, title: string, subtitle: string, url?: string, press?: string}} item
 * @param {number} at
 */
function row(item, at) {
  return el('li', { id: `palette-${at}`, role: 'option', 'aria-selected': 'false', 'data-url': item.url, 'data-press': item.press },
    icon(item.icon), el('b', {}, item.title), el('span', {}, item.subtitle));
}
