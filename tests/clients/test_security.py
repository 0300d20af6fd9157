"""Who is let in, who is not, and what the answers give away."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable

import pytest
import requests
from lab import Lab, events, expect, problem, wait_for

from portico import Api, Portico

QUIET = {"PORTICO_ENVIRONMENTS_BUILD": "false"}


@pytest.fixture
def lab(module_lab: Lab) -> Lab:
    return module_lab


def _sign_in(server: Portico, name: str, password: str, **headers: str) -> requests.Response:
    form = {"username": name, "password": password}
    return requests.post(f"{server.url}/sign-in", data=form, headers=headers, timeout=30, allow_redirects=False)


def _raw(server: Portico, method: str, target: str, body: bytes | None = None, **headers: str) -> tuple[int, dict, bytes]:
    """A request whose target is sent as it is written here."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read(1 << 20)
    finally:
        connection.close()


# -- signing in --


def test_guessing_a_password_is_slowed_down(make_portico: Callable[..., Portico]):
    server = make_portico(dict(QUIET)).start()
    ada = server.create_user("ada")
    statuses = [_sign_in(server, "ada", f"a wrong guess number {n}").status_code for n in range(14)]
    first = statuses.index(429)
    assert 8 <= first <= 11 and set(statuses[first:]) == {429}, statuses
    refused = _sign_in(server, "ada", ada.password)
    assert refused.status_code == 429, "the right password does not help while guesses are refused"
    assert "Wait 30 seconds" in refused.text and "set-cookie" not in refused.headers
    unknown = [_sign_in(server, "nobody", f"a wrong guess number {n}").status_code for n in range(14)]
    assert unknown[:9] == statuses[:9] and 429 in unknown, "a name that does not exist is treated alike"


def test_whether_a_name_exists_is_not_told(lab: Lab):
    lab.new_member("known")
    known, unknown = (_sign_in(lab.server, name, "a wrong password here") for name in ("known", "unknown"))
    assert known.status_code == unknown.status_code

    def body(answer: requests.Response, name: str) -> str:
        return answer.text.replace(f'value="{name}"', 'value=""')

    assert body(known, "known") == body(unknown, "unknown")


def test_the_cookie_is_kept_to_us(lab: Lab, make_portico: Callable[..., Portico]):
    done = _sign_in(lab.server, "admin", lab.boss.password)
    cookie = done.headers["set-cookie"]
    assert cookie.startswith("portico-session=")
    assert {part.strip() for part in cookie.split(";")[1:]} >= {"Path=/", "HttpOnly", "SameSite=Lax"}

    server = make_portico({**QUIET, "PORTICO_PUBLIC_URL": "https://portico.example"}).start()
    ada = server.create_user("ada")
    cookie = _sign_in(server, "ada", ada.password).headers["set-cookie"]
    assert cookie.startswith("__Host-portico=") and "Secure" in cookie and "Domain" not in cookie


def test_nobody_is_sent_to_another_site(lab: Lab):
    for next in ("https://evil.example", "//evil.example", "/\\evil.example", "/%09/evil.example"):
        form = {"username": "admin", "password": lab.boss.password, "next": next}
        done = requests.post(f"{lab.server.url}/sign-in", data=form, timeout=30, allow_redirects=False)
        assert done.status_code == 303 and done.headers["location"] in ("/", "/%09/evil.example"), next


# -- other sites --


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "OWN"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "OWN", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": "OWN.evil.example"}, False),
    ],
    ids=str,
)
def test_another_site_cant_act_with_our_cookie(lab: Lab, headers: dict[str, str], passes: bool):
    cookies = _sign_in_once(lab)
    headers = {name: value.replace("OWN", lab.server.url) for name, value in headers.items()}
    theme = requests.post(
        f"{lab.server.url}/preferences/theme", data={"theme": "dark"}, cookies=cookies, headers=headers, timeout=10, allow_redirects=False
    )
    assert (theme.status_code == 403) is not passes, theme.status_code
    api = requests.patch(f"{lab.server.url}/api/v1/me", json={"theme": "dark"}, cookies=cookies, headers=headers, timeout=10)
    if passes:
        expect(api, 200)
    else:
        problem(api, 403, "cross_site")


def _sign_in_once(lab: Lab) -> requests.cookies.RequestsCookieJar:
    if not hasattr(lab, "cookies"):
        done = _sign_in(lab.server, "admin", lab.boss.password)
        assert done.status_code == 303
        lab.cookies = done.cookies
    return lab.cookies


# -- tokens --


def test_a_token_counts_in_its_header_only(lab: Lab):
    token = lab.server.create_token("admin")
    url = f"{lab.server.url}/api/v1/me"
    for query in (f"?token={token}", f"?access_token={token}", f"?authorization=Bearer%20{token}"):
        problem(requests.get(url + query, timeout=10), 401)
    problem(requests.get(url, cookies={"portico-session": token}, timeout=10), 401)
    problem(requests.get(url, auth=("admin", token), timeout=10), 401)
    for header in (f"Bearer {token[:-1]}", f"Bearer {token}0", "Bearer ", "Bearer", token, f"Bearer {token} x", "Bearer ptk_"):
        problem(requests.get(url, headers={"Authorization": header}, timeout=10), 401)
    page = requests.get(f"{lab.server.url}/profile", headers={"Authorization": f"Bearer {token}"}, timeout=10, allow_redirects=False)
    assert page.status_code == 303 and page.headers["location"].startswith("/sign-in"), "pages are for browsers"


def test_a_read_token_reads(lab: Lab):
    reader = lab.server.api("admin", "read")
    expect(reader.get("/groups/lab/jobs"), 200)
    id = lab.submit("true")
    for method, path, body in (
        ("post", "/groups/lab/jobs", {"name": "x", "instance_type": "cpu-1", "image": "base", "command": "true"}),
        ("post", f"/groups/lab/jobs/{id}/cancel", None),
        ("post", f"/groups/lab/jobs/{id}/rerun", None),
        ("patch", "/me", {"theme": "dark"}),
        ("post", "/groups", {"name": "sneaky"}),
        ("delete", "/users/admin", None),
        ("put", "/users/admin/password", {"password": "a new password for me"}),
        ("patch", "/groups/lab", {"default_time_limit": 1}),
        ("post", "/groups/lab/images/base/rebuild", None),
    ):
        problem(reader.request(method, path, json=body), 403)
    problem(lab.admin.post("/me/tokens", json={"name": "more", "scope": "write", "days": 9}), 403)


def test_a_revoked_or_expired_token_is_no_more(lab: Lab):
    api = lab.new_member("leaver", "lab")
    expect(api.get("/me"), 200)
    tokens = expect(api.get("/me/tokens"), 200)
    assert "token" not in tokens[0], "it is shown once"
    expect(api.delete(f"/me/tokens/{tokens[0]['id']}"), 204)
    problem(api.get("/me"), 401)
    problem(api.delete(f"/me/tokens/{tokens[0]['id']}"), 401)
    for days in ("0", "-1", "366"):
        done = lab.server.run("token", "create", "--user", "leaver", f"--days={days}")
        assert done.returncode == 1 and "365" in done.stderr, done.stderr
    other = lab.new_member("not-me")
    mine = expect(lab.admin.get("/me/tokens"), 200)[0]["id"]
    problem(other.delete(f"/me/tokens/{mine}"), 404)
    expect(lab.admin.get("/me"), 200)


def test_who_is_switched_off_is_cut_within_a_second(lab: Lab):
    api = lab.new_member("fired", "lab")
    cookies = _sign_in(lab.server, "fired", "correct horse battery fired").cookies
    expect(requests.get(f"{lab.server.url}/api/v1/me", cookies=cookies, timeout=10), 200)
    id = lab.submit("mkfifo p; exec 9<> p; while :; do echo tick; read -r -t 0.1 -u 9; done")
    lab.wait_phase(id, "running")
    ended: dict[str, float] = {}

    def read(path: str) -> None:
        with events(api, path) as stream:
            for _ in stream:
                begun.release()
        ended[path] = time.monotonic()

    begun = threading.Semaphore(0)
    paths = [f"/groups/lab/jobs/{id}/log/stream", "/groups/lab/events"]
    readers = [threading.Thread(target=read, args=(path,)) for path in paths]
    for reader in readers:
        reader.start()
    assert begun.acquire(timeout=10)
    expect(lab.admin.patch("/users/fired", json={"enabled": False}), 200)
    cut = time.monotonic()
    problem(api.get("/me"), 401)
    problem(requests.get(f"{lab.server.url}/api/v1/me", cookies=cookies, timeout=10), 401)
    for reader in readers:
        reader.join(10)
    delays = {path: at - cut for path, at in ended.items()}
    print("streams ended after", {path.rsplit("/", 1)[1]: f"{delay:.2f} s" for path, delay in delays.items()})
    assert set(delays) == set(paths) and max(delays.values()) < 1.5, delays
    refused = _sign_in(lab.server, "fired", "correct horse battery fired")
    assert "set-cookie" not in refused.headers
    expect(lab.admin.patch("/users/fired", json={"enabled": True}), 200)
    problem(api.get("/me"), 401)
    expect(lab.admin.post(f"/groups/lab/jobs/{id}/cancel"), 202)


def test_who_leaves_a_group_sees_it_no_more(lab: Lab):
    api = lab.new_member("moved", "lab")
    expect(api.get("/groups/lab/jobs"), 200)
    expect(lab.admin.delete("/groups/lab/members/moved"), 204)
    problem(api.get("/groups/lab/jobs"), 404)


# -- what answers give away --

COMMON = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}
VARYING = {"content-type", "content-length", "date", "x-request-id", "vary", "transfer-encoding"}


@pytest.mark.parametrize(
    ("path", "status", "kind", "more"),
    [
        ("/sign-in", 200, "text/html; charset=utf-8", set()),
        ("/nothing/here", 404, "text/html; charset=utf-8", set()),
        ("/api/v1/openapi.json", 200, "application/json", set()),
        ("/api/v1/me", 401, "application/problem+json", {"www-authenticate"}),
        ("/api/v1/nothing", 404, "application/problem+json", set()),
    ],
)
def test_every_answer_has_these_headers_and_no_others(lab: Lab, path: str, status: int, kind: str, more: set[str]):
    got, headers, _ = _raw(lab.server, "GET", path)
    assert (got, headers["content-type"]) == (status, kind)
    assert {name: headers.get(name) for name in COMMON} == COMMON
    assert set(headers) - set(COMMON) - VARYING == more


def test_anothers_job_answers_like_one_that_is_not_there(lab: Lab):
    lab.new_group("theirs")
    id = lab.submit("true", group="theirs")
    outsider = lab.new_member("outsider", "lab")
    for tail in ("", "/log", "/log/lines", "/log/search?q=x", "/log/stream", "/events"):
        bodies = []
        for group, job in (("theirs", id), ("theirs", "job-0"), ("nowhere", id), ("lab", id), ("lab", "job-202611220000-aaaaaa")):
            body = problem(outsider.get(f"/groups/{group}/jobs/{job}{tail}"), 404, "not_found")
            del body["request_id"]
            # What was asked for may be said back, and is the only difference.
            bodies.append(str(body).replace(job, "JOB"))
        assert bodies[0] == bodies[1] == bodies[2], "of a group that one may not see"
        assert bodies[3] == bodies[4], "of one's own group"
    for action in ("cancel", "rerun"):
        foreign, missing = (problem(outsider.post(f"/groups/{g}/jobs/{id}/{action}"), 404) for g in ("theirs", "nowhere"))
        assert foreign["detail"] == missing["detail"]
    assert [group["name"] for group in expect(outsider.get("/groups"), 200)] == ["lab"]
    problem(outsider.get("/groups?all=true"), 403)
    for path in ("/users", "/users/admin", "/system", "/instance-types"):
        problem(outsider.get(path), 403)


def _protected_paths(lab: Lab) -> list[str]:
    described = requests.get(f"{lab.server.url}/api/v1/openapi.json", timeout=10).json()
    values = {"group": "lab", "job": "job-1", "image": "base", "user": "admin", "name": "cpu-1", "token": "1"}
    values |= {"session": "1", "notebook": "nb-1", "key": "1"}
    paths = [path.format(**values) for path in described["paths"] if "openapi.json" not in path]
    pages = ["/g/lab", "/g/lab/jobs", "/g/lab/jobs/new", "/g/lab/settings", "/g/lab/images", "/g/lab/events", "/profile"]
    return paths + pages + ["/profile/tokens", "/admin", "/admin/users", "/admin/groups", "/admin/system", "/palette?q=a"]


def test_no_way_of_writing_an_address_lets_anybody_in(lab: Lab):
    for path in _protected_paths(lab):
        bare, _, query = path.partition("?")
        tail = f"?{query}" if query else ""
        forms = [bare, bare + "/", bare + "//", "/" + bare, bare.replace("/", "//", 2), bare + "/.", bare + "%2f", bare + "%00"]
        forms += [bare.replace("/lab", "%2flab", 1), bare.replace("a", "%61", 1), bare.upper(), bare + "/../..", bare + ";x=1", bare + "%ff"]
        for form in dict.fromkeys(forms):
            for method in ("GET", "HEAD", "OPTIONS", "TRACE", "POST", "BREW"):
                status, headers, body = _raw(lab.server, method, form + tail, b"" if method == "POST" else None)
                if method == "OPTIONS" and status == 204:
                    # What an address takes is told to anybody, and nothing more.
                    assert "allow" in headers and not body and set(headers) <= set(COMMON) | VARYING | {"allow"}, form
                    continue
                assert 300 <= status < 500, f"{method} {form + tail} as nobody: {status}"
                assert b"admin" not in body or b"<html" in body, (method, form, body)


def test_odd_requests_are_refused_and_nothing_else(lab: Lab):
    server = lab.server
    refused = range(400, 500)
    assert _raw(server, "GET", "/api/v1/me", X_Large="x" * 20_000)[0] in refused
    many = {f"X_{n}": "x" for n in range(200)}
    assert _raw(server, "GET", "/api/v1/me", **many)[0] in refused
    assert _raw(server, "GET", "/api/v1/me", Authorization="Bearer " + "x" * 8_000)[0] == 401
    assert _raw(server, "GET", "/api/v1/me", Cookie="portico-session=" + "x" * 8_000)[0] == 401
    assert _raw(server, "GET", "/" + "a" * 8_000)[0] == 404
    assert _raw(server, "GET", "/" + "a" * 70_000)[0] in refused
    for target in ("http://evil.example/api/v1/me", "/%2e%2e/%2e%2e/etc/passwd", "/assets/x/../../portico.db"):
        assert _raw(server, "GET", target)[0] in refused, target
    body = b"x" * (5 << 20)
    for path in ("/sign-in", "/setup", "/api/v1/groups"):
        try:
            status = _raw(server, "POST", path, body, Content_Type="application/json")[0]
        except (BrokenPipeError, ConnectionResetError):
            continue  # It hung up rather than read on, which is an answer too.
        assert status in refused, path
    deep = b"[" * 100_000
    status, _, _ = _raw(server, "POST", "/api/v1/groups", deep, Content_Type="application/json", Authorization=lab.admin.headers["Authorization"])
    assert status == 422
    expect(lab.admin.get("/me"), 200)
    assert "panicked" not in server.stderr


def test_slow_and_broken_clients_hold_nobody_up(lab: Lab):
    idle = [socket.create_connection(("127.0.0.1", lab.server.port), 5) for _ in range(100)]
    for number, client in enumerate(idle):
        client.sendall([b"", b"GET / HT", b"POST /api/v1/groups HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"][number % 3])
    began = time.monotonic()
    expect(lab.admin.get("/me"), 200)
    assert time.monotonic() - began < 2
    for client in idle:
        client.close()
    wait_for(lambda: Api(lab.server.url).get("/readyz").status_code == 200, "it is ready", 5)
