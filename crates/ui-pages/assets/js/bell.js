import { toast } from './dom.js';

/** Says at once what came to the bell while the page is open; reading the list is for later. */

const unread = () => Number(document.getElementById('bell')?.dataset.unread ?? 0);
let known = unread();

document.addEventListener('htmx:afterSettle', () => {
  const now = unread();
  const newest = document.querySelector('#bell .unread [data-text]');
  if (now > known && newest instanceof HTMLElement) toast(newest.dataset.text ?? '', 'wait');
  known = now;
});
