import { el, toast } from './dom.js';

/**
 * What was typed outlives the session. A form is sent only when the server knows who sends it; until then a dialog
 * keeps the page as it is. Nothing is stored in the browser.
 */

const me = document.body?.dataset.person ?? '';
const EVERY = 2000;

const WORDS = {
  out: ['You are signed out', 'What you typed is still here. Sign in in another tab, then come back to this one.'],
  other: ['You are signed in as somebody else', `What you typed is still here. Sign in as ${me} in another tab to go on.`],
  silent: ['The server does not answer', 'What you typed is still here. It goes on by itself when the server is back.'],
};

/** @returns {Promise<'me'|keyof typeof WORDS>} who the server takes this browser for */
async function who() {
  try {
    const answer = await fetch('/api/v1/me', { headers: { Accept: 'application/json' }, cache: 'no-store', signal: AbortSignal.timeout(10_000) });
    if (answer.status === 401) return 'out';
    if (!answer.ok) return 'silent';
    const { name } = await answer.json();
    return name === me ? 'me' : 'other';
  } catch {
    return 'silent';
  }
}

/** Whether a form may be sent now; asks the person to sign in again where that is needed. */
export async function isKnown() {
  const state = await who();
  return state === 'me' || wait(state);
}

/** Says that the session has ended, before anything is sent. */
export async function sayEnded() {
  if (await isKnown()) toast('You are signed in again.', 'ok');
}

/**
 * @param {keyof typeof WORDS} state
 * @returns {Promise<boolean>} false when the person goes on without
 */
function wait(state) {
  // One dialog is enough: whoever asked first goes on.
  if (document.getElementById('session-dialog')) return Promise.resolve(false);
  const title = el('h2', { id: 'session-title' });
  const text = el('p', { role: 'status' });
  const later = el('button', { type: 'button', class: 'btn quiet' }, 'Not now');
  const sign = el('a', { class: 'btn primary', href: '/sign-in', target: '_blank', rel: 'noopener' }, 'Sign in', el('span', { class: 'sr' }, ' (new tab)'));
  const dialog = /** @type {HTMLDialogElement} */ (
    el('dialog', { id: 'session-dialog', class: 'dialog', 'aria-labelledby': 'session-title' },
      el('div', { class: 'dialog-head' }, title), text, el('div', { class: 'dialog-foot' }, later, sign))
  );
  /** @param {keyof typeof WORDS} now */
  const tell = (now) => {
    [title.textContent, text.textContent] = WORDS[now];
    sign.hidden = now === 'silent';
  };
  tell(state);
  return new Promise((resolve) => {
    let known = false;
    const look = async () => {
      if (document.hidden || !dialog.open) return;
      const now = await who();
      if (now !== 'me') { tell(now); return; }
      known = true;
      dialog.close();
    };
    const timer = setInterval(look, EVERY);
    addEventListener('focus', look);
    later.addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => {
      clearInterval(timer);
      removeEventListener('focus', look);
      dialog.remove();
      resolve(known);
    });
    document.body.append(dialog);
    dialog.showModal();
    if (!sign.hidden) sign.focus();
  });
}
