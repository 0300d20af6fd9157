// Brings open tabs back as soon as the server is there again.
//
// When a kernel's WebSocket breaks, JupyterLab asks whether the kernel still lives before it connects again. If nobody
// answers that, it asks again after 10 to 30 seconds, and so on. Here that question waits for its answer instead; and
// whatever else is read waits too, but not for long, so that nobody has to close a dialog after a short interruption.
// JupyterLab loads this as it loads a prebuilt extension: before anything of its own that keeps a `fetch`.
(() => {
  const PAUSE = 1000;
  const PATIENCE = 30_000;
  const KERNEL = /\/api\/kernels\/[^/]+$/;
  const ask = window.fetch.bind(window);

  const patience = (request) => (KERNEL.test(new URL(request.url).pathname) ? Infinity : PATIENCE);

  window.fetch = async (what, how) => {
    // JupyterLab's own requests are made so. What changes something is never sent twice.
    if (!(what instanceof Request) || how !== undefined || what.method !== "GET") return ask(what, how);
    const end = performance.now() + patience(what);
    for (;;) {
      try {
        return await ask(what);
      } catch (error) {
        if (what.signal.aborted || performance.now() > end) throw error;
      }
      await new Promise((done) => setTimeout(done, PAUSE));
    }
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["portico-reconnect"] = { init() {} };
})();
