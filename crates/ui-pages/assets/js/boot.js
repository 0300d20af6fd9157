// Runs before the first paint: what must not flicker.
(function () {
  const root = document.documentElement;
  root.dataset.js = '';
  try {
    if (localStorage.getItem('portico-side') === 'slim') root.dataset.side = 'slim';
  } catch {
    // Storage may be forbidden; the menu is then wide.
  }
})();
