import { el, isTyping } from './dom.js';
import { isKnown } from './session.js';

/** Forms: Ctrl-Enter, no double submit, no typed text lost, confirmations, rows, shown passwords. */

/** @type {WeakMap<HTMLFormElement, string>} */
const begun = new WeakMap();
let leaving = false;
/** Forms of which it is being found out whether they may be sent. @type {Set<HTMLFormElement>} */
const asking = new Set();
/** Forms that may. @type {Set<HTMLFormElement>} */
const cleared = new Set();

/** @param {HTMLFormElement} form */
const content = (form) => new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)])).toString();

document.querySelectorAll('form[data-unsaved]').forEach((form) => {
  if (form instanceof HTMLFormElement) begun.set(form, content(form));
});

addEventListener('beforeunload', (event) => {
  if (leaving) return;
  const changed = [...document.querySelectorAll('form[data-unsaved]')].some(
    (form) => form instanceof HTMLFormElement && begun.has(form) && begun.get(form) !== content(form),
  );
  if (changed) event.preventDefault();
});

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || !isTyping(event.target)) return;
  const form = /** @type {HTMLElement} */ (event.target).closest('form');
  if (!form || form.matches('[role=search]')) return;
  event.preventDefault();
  form.requestSubmit();
});

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || event.defaultPrevented || form.method !== 'post') return;
  if (form.dataset.confirm && !('confirmed' in form.dataset)) {
    event.preventDefault();
    confirm(form, /** @type {SubmitEvent} */ (event).submitter);
    return;
  }
  if ('sent' in form.dataset || asking.has(form)) {
    event.preventDefault();
    return;
  }
  // Sent without a session, what was typed would be gone.
  if (begun.has(form) && !cleared.delete(form)) {
    event.preventDefault();
    clear(form, /** @type {SubmitEvent} */ (event).submitter);
    return;
  }
  form.dataset.sent = '';
  leaving = true;
  // After the form's data is taken: a disabled button would not be sent.
  setTimeout(() => busy(form));
});

/**
 * Sends the form as soon as the server knows who sends it.
 * @param {HTMLFormElement} form
 * @param {HTMLElement|null} button
 */
async function clear(form, button) {
  asking.add(form);
  busy(form);
  const known = await isKnown();
  asking.delete(form);
  if (!known) {
    idle();
    return;
  }
  cleared.add(form);
  form.requestSubmit(button instanceof HTMLButtonElement ? button : undefined);
}

/** @param {HTMLFormElement} form */
function busy(form) {
  form.querySelectorAll('button:not([type=button])').forEach((button) => button.setAttribute('aria-busy', 'true'));
}

function idle() {
  document.querySelectorAll('[aria-busy]').forEach((button) => button.removeAttribute('aria-busy'));
}

// Coming back with the back button, the form can be sent again.
addEventListener('pageshow', () => {
  leaving = false;
  document.querySelectorAll('form[data-sent]').forEach((form) => {
    form.removeAttribute('data-sent');
    form.removeAttribute('data-confirmed');
  });
  idle();
});

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement|null} button
 */
function confirm(form, button) {
  const words = button?.getAttribute('aria-label') ?? button?.textContent?.trim() ?? 'Continue';
  // A label names what is meant ("Revoke laptop"); what can be read on a button is short enough for another.
  const short = button?.hasAttribute('aria-label') ? words.split(' ')[0] ?? words : words;
  const yes = el('button', { type: 'button', class: 'btn danger' }, short);
  const no = el('button', { type: 'button', class: 'btn quiet' }, 'Keep it');
  const dialog = /** @type {HTMLDialogElement} */ (
    el('dialog', { class: 'dialog', 'aria-labelledby': 'confirm-title' },
      el('div', { class: 'dialog-head' }, el('h2', { id: 'confirm-title' }, `${words}?`)),
      el('p', {}, form.dataset.confirm ?? ''),
      el('div', { class: 'dialog-foot' }, no, yes))
  );
  no.addEventListener('click', () => dialog.close());
  yes.addEventListener('click', () => {
    form.dataset.confirmed = '';
    dialog.close();
    form.requestSubmit(button instanceof HTMLButtonElement ? button : undefined);
  });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  no.focus();
}

document.addEventListener('change', (event) => {
  const field = event.target;
  if (!(field instanceof HTMLElement)) return;
  const form = field.closest('form[data-autosubmit]');
  if (form instanceof HTMLFormElement) form.requestSubmit();
});

document.addEventListener('click', (event) => {
  if (!(event.target instanceof Element)) return;
  const reveal = event.target.closest('[data-reveal]');
  if (reveal instanceof HTMLElement) {
    const input = document.getElementById(reveal.dataset.reveal ?? '');
    if (!(input instanceof HTMLInputElement)) return;
    const show = input.type === 'password';
    input.type = show ? 'text' : 'password';
    reveal.setAttribute('aria-pressed', String(show));
    if (reveal.firstChild) reveal.firstChild.textContent = show ? 'Hide' : 'Show';
    input.focus();
  }
  const fieldset = event.target.closest('fieldset');
  if (event.target.closest('[data-row-add]')) addRow(fieldset);
  const remove = event.target.closest('[data-row-remove]');
  if (remove) {
    const row = remove.closest('[data-row]');
    const rows = fieldset?.querySelectorAll('[data-row]') ?? [];
    if (rows.length > 1) row?.remove();
    else row?.querySelectorAll('input').forEach((input) => { input.value = ''; });
    if (fieldset) number(fieldset);
    fieldset?.querySelector('input')?.focus();
  }
});

/** @param {Element|null} fieldset */
function addRow(fieldset) {
  const rows = fieldset?.querySelector('[data-rows]');
  const last = rows?.lastElementChild;
  if (!fieldset || !rows || !last) return;
  const row = /** @type {HTMLElement} */ (last.cloneNode(true));
  row.querySelectorAll('.problem').forEach((problem) => problem.remove());
  row.querySelectorAll('input').forEach((input) => {
    input.value = '';
    input.removeAttribute('aria-invalid');
    input.removeAttribute('aria-describedby');
  });
  rows.append(row);
  number(fieldset);
  row.querySelector('input')?.focus();
}

/** @param {Element} fieldset keeps the labels of the rows apart */
function number(fieldset) {
  fieldset.querySelectorAll('[data-row]').forEach((row, at) => {
    row.querySelectorAll('[aria-label]').forEach((field) => {
      field.setAttribute('aria-label', (field.getAttribute('aria-label') ?? '').replace(/\d+$/, String(at + 1)));
    });
  });
}

// The setup code comes behind the `#` so that it reaches no log on the way.
const behind = location.hash.slice(1);
document.querySelectorAll('input[data-from-fragment]').forEach((input) => {
  if (!(input instanceof HTMLInputElement)) return;
  const value = behind.includes('=') ? new URLSearchParams(behind).get(input.dataset.fromFragment ?? '') : decodeURIComponent(behind);
  if (!value || input.value) return;
  input.value = value;
  history.replaceState(null, '', location.pathname + location.search);
});

// The first thing that is wrong is what the person wants to change.
const problem = document.querySelector('form [aria-invalid], form .problem');
const wrong = problem?.matches('[aria-invalid]') ? problem : problem?.closest('.field')?.querySelector('input:not([disabled]), select, textarea');
if (wrong instanceof HTMLElement) wrong.focus();

document.querySelectorAll('input[data-must-equal]').forEach((input) => {
  if (!(input instanceof HTMLInputElement)) return;
  const button = input.form?.querySelector('button.danger');
  const check = () => button?.toggleAttribute('disabled', input.value !== input.dataset.mustEqual);
  input.addEventListener('input', check);
  check();
});
