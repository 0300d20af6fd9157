import { isTyping } from './dom.js';

/** Menus: places popovers at their buttons, moves with arrows, filters the groups, opens dialogs, narrows the side menu. */

/** @param {HTMLElement} pop */
function place(pop) {
  const anchor = document.getElementById(pop.dataset.anchor ?? '');
  if (!anchor) return;
  const at = anchor.getBoundingClientRect();
  pop.dataset.placed = '';
  const end = pop.dataset.align === 'end' || at.left + pop.offsetWidth > innerWidth - 8;
  const left = end ? at.right - pop.offsetWidth : at.left;
  const below = at.bottom + 6;
  const fits = below + pop.offsetHeight < innerHeight - 8 || at.top < pop.offsetHeight + 14;
  pop.style.left = `${Math.max(8, Math.min(left, innerWidth - pop.offsetWidth - 8))}px`;
  pop.style.top = `${fits ? below : at.top - pop.offsetHeight - 6}px`;
}

document.addEventListener('toggle', (event) => {
  const pop = event.target;
  if (!(pop instanceof HTMLElement) || !pop.matches('.pop')) return;
  const open = /** @type {ToggleEvent} */ (event).newState === 'open';
  document.querySelector(`[popovertarget="${pop.id}"]`)?.setAttribute('aria-expanded', String(open));
  if (open) {
    place(pop);
    const first = pop.querySelector('input[type=search], a, button');
    if (first instanceof HTMLElement) first.focus();
    const search = pop.querySelector('input[type=search]');
    if (search instanceof HTMLInputElement) {
      search.value = '';
      filter(search);
    }
  }
}, true);

document.addEventListener('scroll', (event) => {
  const pop = document.querySelector('.pop:popover-open');
  if (pop instanceof HTMLElement && !pop.contains(/** @type {Node} */ (event.target))) place(pop);
}, true);

document.querySelectorAll('[popovertarget]').forEach((button) => button.setAttribute('aria-expanded', 'false'));

/** @param {HTMLInputElement} input */
function filter(input) {
  const word = input.value.trim().toLowerCase();
  let shown = 0;
  document.querySelectorAll(`#${input.dataset.filter} > li`).forEach((item) => {
    const match = (item.textContent ?? '').toLowerCase().includes(word);
    item.toggleAttribute('hidden', !match);
    if (match) shown += 1;
  });
  input.closest('.pop')?.querySelector('.pop-none')?.toggleAttribute('hidden', shown > 0);
}

document.addEventListener('input', (event) => {
  if (event.target instanceof HTMLInputElement && event.target.dataset.filter) filter(event.target);
});

document.addEventListener('keydown', (event) => {
  const pop = document.querySelector('.pop:popover-open');
  if (!pop) return;
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    const stops = [...pop.querySelectorAll('input[type=search], .pop-list a, .pop-list button, .out button')]
      .filter((stop) => stop instanceof HTMLElement && stop.offsetParent !== null);
    const at = stops.indexOf(/** @type {Element} */ (document.activeElement));
    const next = stops[(at + (event.key === 'ArrowDown' ? 1 : -1) + stops.length) % stops.length];
    if (next instanceof HTMLElement) next.focus();
    event.preventDefault();
  } else if (event.key === 'Escape' && pop instanceof HTMLElement) {
    // In a search field the key would only empty the field.
    pop.hidePopover();
    event.preventDefault();
  } else if (event.key === 'Enter' && event.target instanceof HTMLInputElement && event.target.dataset.filter) {
    const first = pop.querySelector('li:not([hidden]) a');
    if (first instanceof HTMLElement) first.click();
    event.preventDefault();
  }
});

document.addEventListener('click', (event) => {
  if (!(event.target instanceof Element)) return;
  const opener = event.target.closest('[data-open]');
  if (opener instanceof HTMLElement) {
    const pop = opener.closest('.pop');
    if (pop instanceof HTMLElement) pop.hidePopover();
    openDialog(opener.dataset.open ?? '');
  }
  // A click on the backdrop is a click on the dialog itself.
  if (event.target instanceof HTMLDialogElement && event.detail > 0) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close();
  }
  if (event.target.closest('[data-collapse]')) {
    const slim = document.documentElement.dataset.side !== 'slim';
    if (slim) document.documentElement.dataset.side = 'slim';
    else delete document.documentElement.dataset.side;
    try {
      localStorage.setItem('portico-side', slim ? 'slim' : 'wide');
    } catch {
      // Not kept where storage is forbidden.
    }
  }
});

/** @param {string} id */
export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector('dialog[open], .pop:popover-open')) return;
  const groups = document.getElementById('groups');
  if (event.key === 'g' && groups) groups.showPopover();
  else if (event.key === '?') openDialog('shortcuts');
  else if (event.key === 'n') {
    const link = document.querySelector('a[data-new]');
    if (!(link instanceof HTMLElement)) return;
    link.click();
  } else if (event.key === '/') {
    const search = document.querySelector('#f-q');
    const log = document.querySelector('log-view');
    if (search instanceof HTMLElement) search.focus();
    else if (log) log.dispatchEvent(new CustomEvent('find'));
    else return;
  } else return;
  event.preventDefault();
});
