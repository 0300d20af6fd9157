/** Applies a theme at once and stores it with the person in the background. */
document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches('[data-theme-form]')) return;
  const button = /** @type {SubmitEvent} */ (event).submitter;
  if (!(button instanceof HTMLButtonElement)) return;
  event.preventDefault();
  document.documentElement.dataset.theme = button.value;
  form.querySelectorAll('button').forEach((other) => other.setAttribute('aria-pressed', String(other === button)));
  const body = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]));
  body.set('theme', button.value);
  try {
    await fetch(form.action, { method: 'POST', body, redirect: 'manual', keepalive: true });
  } catch {
    // The choice then holds for this page only.
  }
});
