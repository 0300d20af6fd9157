"""A workload that attacks its owner's browser: nothing of the portal is read, used, framed or planted."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from browsing import answered, until

pytestmark = pytest.mark.allow_page_errors

# Takes the place of Jupyter's server on the notebook's own socket, as any code in a notebook could.
HOSTILE_SERVER = textwrap.dedent(
    '''
    import http.server, os, socketserver
    SOCKET = "/run/portico/http.sock"
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def address_string(self):
            return "-"
        def do_GET(self):
            what = self.path.rsplit("/", 1)[-1].split("?")[0]
            body, kind = b"<!doctype html><title>hostile</title><h1>Free prizes</h1>", "text/html"
            if what == "worker.js":
                body, kind = b"self.addEventListener('fetch', () => {});", "text/javascript"
            if what == "seen":
                body, kind = str(self.headers).encode(), "text/plain"
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for header in HEADERS:
                self.send_header(*header)
            self.end_headers()
            self.wfile.write(body)
    HEADERS = [
        ("Set-Cookie", "portico-session=planted; Path=/"),
        ("Set-Cookie", "portico-content=planted; Path=/"),
        ("Set-Cookie", "wide=1; Path=/; Domain=localhost"),
        ("Service-Worker-Allowed", "/"),
        ("Access-Control-Allow-Origin", "*"),
        ("Content-Security-Policy", "frame-ancestors *"),
        ("Clear-Site-Data", '"cookies"'),
    ]
    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True
    os.unlink(SOCKET)
    Server(SOCKET, Handler).serve_forever()
    '''
)

READ = """async (url) => {
    try {
        const answer = await fetch(url, {credentials: 'include'});
        return (await answer.text()).slice(0, 200) || 'an opaque answer';
    } catch (error) { return 'refused'; }
}"""

SEND = """async ([url, body]) => {
    try {
        await fetch(url, {method: 'POST', mode: 'no-cors', credentials: 'include', body: new URLSearchParams(body)});
    } catch (error) {}
}"""

SUBMIT = """([url, fields, target]) => {
    const frame = Object.assign(document.createElement('iframe'), {name: target});
    document.body.append(frame);
    const form = Object.assign(document.createElement('form'), {action: url, method: 'post', target});
    for (const [name, value] of Object.entries(fields)) {
        form.append(Object.assign(document.createElement('input'), {name, value}));
    }
    document.body.append(form);
    form.submit();
}"""

FRAME = """(url) => new Promise((done) => {
    const frame = document.createElement('iframe');
    frame.onload = () => { try { done(frame.contentDocument ? 'readable' : 'closed'); } catch { done('closed'); } };
    frame.src = url;
    document.body.append(frame);
    setTimeout(() => done('nothing loaded'), 3000);
})"""

OPEN = """(url) => new Promise((done) => {
    const opened = window.open(url);
    setTimeout(() => {
        try {
            if (!opened || opened.closed) { done('severed'); return; }
            done(opened.document.body.innerText ? 'readable' : 'empty');
        } catch { done('closed'); }
    }, 1500);
})"""

WORKER = """async ([script, scope]) => {
    try {
        const made = await navigator.serviceWorker.register(script, {scope});
        return made.scope;
    } catch (error) { return 'refused'; }
}"""

IN_TERMINAL = """([url, command]) => new Promise((done, failed) => {
    const socket = new WebSocket(url);
    socket.onopen = () => { socket.send(JSON.stringify(['stdin', command + '\\r'])); setTimeout(done, 500); };
    socket.onerror = () => failed(new Error('the terminal was refused'));
})"""


def running(api, group: str, notebook: str) -> bool:
    found = answered(api.get(f"/groups/{group}/notebooks/{notebook}"))
    state = found.get("state") or found.get("phase")
    assert state != "failed", found
    return state == "ready"


@pytest.fixture
def hostile(group, admin, open_as, base_ready, portico) -> Any:
    """A page of the hostile workload, opened by its owner from the portal; the workload's base URL; the portal page."""
    made = answered(
        group.api.post(
            f"/groups/{group.name}/notebooks",
            json={"name": "hostile", "instance_type": "cpu-small", "image": "base"},
        )
    )
    slug = made["id"]
    until(lambda: running(group.api, group.name, slug), "the notebook is ready", 60)
    base = f"{portico.content_url}/w/{slug}/"
    bearer = {"Authorization": group.api.headers["Authorization"]}
    upload = {"type": "file", "format": "text", "content": HOSTILE_SERVER}
    answered(requests.put(f"{base}api/contents/hostile.py", json=upload, headers=bearer, timeout=30))
    terminal = answered(requests.post(f"{base}api/terminals", headers=bearer, timeout=30))["name"]

    portal: Page = open_as(admin)
    portal.goto(group.path)
    page = portal.context.new_page()
    page.goto(f"{portico.url}/open/{slug}?to=lab")
    expect(page).to_have_title("JupyterLab", timeout=30_000)
    assert page.url.startswith(f"{base}lab"), page.url
    # Also the proof that WebSockets pass: the terminal is one.
    socket = base.replace("http", "ws", 1) + f"terminals/websocket/{terminal}"
    page.evaluate(IN_TERMINAL, [socket, "nohup python hostile.py >/dev/null 2>&1 &"])

    def replaced() -> bool:
        # The proxy keeps a connection to Jupyter for a moment; the next one finds who listens now.
        page.goto("about:blank")
        page.wait_for_timeout(2000)
        page.goto(f"{base}page")
        return page.title() == "hostile"

    until(replaced, "the hostile server answers", 20)
    yield page, base, portal
    group.api.delete(f"/groups/{group.name}/notebooks/{slug}")


def signed_in_as(portal: Page) -> str:
    return portal.evaluate("fetch('/api/v1/me').then((answer) => answer.json()).then((me) => me.name || me.username)")


def test_a_hostile_workload_stays_in_its_place(hostile, portico, group, admin):
    page, base, portal = hostile
    me = signed_in_as(portal)
    assert me == admin.name
    other_name = portico.url
    own_origin = portico.content_url

    # It sees no cookie of ours, on the page or in what it is sent.
    assert "portico" not in page.evaluate("document.cookie")
    seen = page.evaluate("(url) => fetch(url).then((answer) => answer.text())", f"{base}seen")
    assert "portico-" not in seen and "ptk_" not in seen, seen
    assert page.evaluate("window.opener") is None

    # It reads nothing of the portal, and frames or opens no page of it.
    for path in ["/api/v1/me", group.path, "/profile/tokens", "/admin/users"]:
        assert page.evaluate(READ, other_name + path) == "refused", path
    assert page.evaluate(FRAME, other_name + group.path) in ("closed", "nothing loaded")
    assert page.evaluate(OPEN, other_name + group.path) in ("severed", "closed")
    # Nor does the portal's own address show what is served, or the content origin a page of the portal.
    assert requests.get(f"{other_name}/w/{base.rstrip('/').rsplit('/', 1)[-1]}/", timeout=10).status_code == 404
    assert requests.get(f"{own_origin}{group.path}", timeout=10).status_code == 404

    # It does nothing in the person's name.
    page.evaluate(SEND, [f"{other_name}/sign-out", {}])
    page.evaluate(SEND, [f"{other_name}/profile/tokens", {"name": "stolen", "scope": "write", "days": "90"}])
    for n, (path, fields) in enumerate(
        [("/sign-out", {}), ("/profile/tokens", {"name": "stolen", "scope": "write", "days": "90"})]
    ):
        page.evaluate(SUBMIT, [other_name + path, fields, f"frame{n}"])
    page.wait_for_timeout(1000)
    assert signed_in_as(portal) == me
    portal.goto("/profile/tokens")
    expect(portal.get_by_text("stolen")).to_have_count(0)

    # It plants no cookie where it counts.
    page.evaluate(
        """() => {
            for (const name of ['portico-session', 'portico-content', '__Host-portico']) {
                document.cookie = name + '=planted; path=/';
                document.cookie = name + '=planted; path=/g';
            }
        }"""
    )
    portal.reload()
    assert signed_in_as(portal) == me
    kept = portal.context.cookies([portico.url + group.path])
    assert "planted" not in json.dumps(kept), kept
    wide = [cookie for cookie in page.context.cookies([own_origin]) if cookie["name"] == "wide"]
    assert not wide, "a workload's cookie stays below its path"

    # It is still there for its owner, in spite of what it planted and cleared.
    page.goto(f"{base}page")
    assert page.title() == "hostile"

    # Its service workers stay below its path.
    assert page.evaluate(WORKER, [f"{base}worker.js", "/"]) == "refused"
    assert page.evaluate(WORKER, [f"{base}worker.js", "/w/"]) == "refused"
    assert page.evaluate(WORKER, [f"{base}worker.js", base]) == base
