"""Fixtures for the tests in browser/ and clients/."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from lab import built_all, built_base
from portico import Api, Portico, User, default_binary
from workers import Once

HERE = Path(__file__).resolve().parent
SCREENSHOTS = HERE / "browser" / "screenshots"
SIZES = {1440: 900, 390: 844}

_servers = pytest.StashKey[list[Portico]]()
_shared = pytest.StashKey[Path]()


# -- the server --


@pytest.fixture(scope="session")
def portico_binary() -> Path:
    binary = default_binary()
    if not binary.is_file():
        pytest.fail(f"{binary} does not exist: run `cargo build -p portico`, or set PORTICO_BINARY", pytrace=False)
    return binary


@pytest.fixture
def make_portico(portico_binary: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Portico]]:
    """Makes servers that are not started yet: `make_portico(env={"PORTICO_…": "…"}).start()`."""
    made = request.node.stash.setdefault(_servers, [])

    def make(env: dict[str, str] | None = None) -> Portico:
        made.append(Portico(portico_binary, env))
        return made[-1]

    yield make
    for server in made:
        server.discard()


@pytest.fixture
def portico(make_portico: Callable[..., Portico]) -> Portico:
    """A new server that is ready."""
    return make_portico().start()


@pytest.fixture
def admin(portico: Portico) -> User:
    """A platform admin of `portico`."""
    return portico.create_user("admin", admin=True)


@pytest.fixture
def api(portico: Portico, admin: User) -> Api:
    """The REST API of `portico` as its platform admin."""
    return portico.api(admin)


# -- what is made once for all workers of a run --


def pytest_configure(config: pytest.Config) -> None:
    given = getattr(config, "workerinput", {}).get("shared_folder")
    # A short path: data directories are in it.
    config.stash[_shared] = Path(given or tempfile.mkdtemp(prefix="portico-run-", dir="/tmp"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    node.workerinput["shared_folder"] = str(node.config.stash[_shared])


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(config.stash[_shared], ignore_errors=True)


@pytest.fixture(scope="session")
def once_in_a_run(request: pytest.FixtureRequest) -> Once:
    return Once(request.config.stash[_shared])


@pytest.fixture(scope="session")
def prepared(once_in_a_run: Once, portico_binary: Path) -> Path:
    return built_base(once_in_a_run, portico_binary)


@pytest.fixture(scope="session")
def prepared_with_all(once_in_a_run: Once, portico_binary: Path) -> Path:
    return built_all(once_in_a_run, portico_binary)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session):
    """Builds the images that the chosen tests need before the time of the first test begins."""
    needed = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    for name, build in {"prepared": built_base, "prepared_with_all": built_all}.items():
        if name in needed and not session.config.option.collectonly:
            with suppress(Exception):  # The tests that need it say what it was.
                build(Once(session.config.stash[_shared]), default_binary())
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """A failed test shows the end of what its servers wrote."""
    report = yield
    if report.failed:
        for server in item.stash.get(_servers, []):
            report.sections.append((f"portico at {server.url}", server.logs()))
    return report


# -- the browser --


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """Debian's Chromium, driven by Playwright."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        reason = "Chromium is not installed"
        if os.environ.get("CI", "false") not in ("", "false"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield running
        running.close()


@pytest.fixture
def new_page(browser, portico: Portico, request: pytest.FixtureRequest) -> Iterator[Callable]:
    """Opens a page in a browser context of its own: `new_page()`, `new_page(java_script_enabled=False)`.

    Paths are relative to the server: `page.goto("/")`. At the end of the test no page may have thrown an error or
    written one to the console, unless the test is marked `allow_page_errors`.
    """
    contexts = []
    errors: list[str] = []

    def console(message) -> None:
        # A refused sign-in and the like are answers, which the browser writes down too.
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            errors.append(f"console: {message.text}")

    def make(**options):
        options.setdefault("viewport", {"width": 1440, "height": SIZES[1440]})
        options.setdefault("base_url", portico.url)
        options.setdefault("locale", "en-GB")
        options.setdefault("timezone_id", "UTC")
        options.setdefault("reduced_motion", "reduce")
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"uncaught: {error}"))
        page.on("console", console)
        return page

    yield make
    for context in contexts:
        context.close()
    if errors and request.node.get_closest_marker("allow_page_errors") is None:
        pytest.fail("the page had errors:\n" + "\n".join(errors), pytrace=False)


@pytest.fixture
def page(new_page: Callable):
    """One page of `portico`, 1440 wide, signed in as nobody."""
    return new_page()


@pytest.fixture
def axe_check() -> Callable:
    """`axe_check(page)` fails with a readable list when axe finds that the page is not accessible."""
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()

    def check(page) -> None:
        lines = []
        for violation in axe.run(page).response["violations"]:
            lines.append(f"{violation['id']} ({violation['impact']}): {violation['help']}")
            for node in violation["nodes"]:
                lines.append(f"    {' '.join(str(part) for part in node['target'])}")
                lines.append(f"        {node['html'][:200]}")
                lines.extend(f"        {line}" for line in (node.get("failureSummary") or "").splitlines()[1:])
        if lines:
            pytest.fail(f"{page.url} is not accessible:\n" + "\n".join(lines), pytrace=False)

    return check


@pytest.fixture
def screenshot() -> Callable:
    """`screenshot(page, "job")` writes browser/screenshots/job-1440.png and job-390.png."""

    def take(page, name: str) -> list[Path]:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        before = page.viewport_size
        written = []
        for width, height in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            path = SCREENSHOTS / f"{name}-{width}.png"
            page.screenshot(path=path, full_page=True, animations="disabled")
            written.append(path)
        if before is not None:
            page.set_viewport_size(before)
        return written

    return take
