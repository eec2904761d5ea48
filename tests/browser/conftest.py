"""A running demonstration, and Chromium to look at it with."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, sync_playwright

from tests import secrecy

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_SECONDS = 120
STOP_SECONDS = 20


def chromium() -> str:
    """The browser's program. Where there is none: a failure in CI, elsewhere a skip that says what to do."""
    named = os.environ.get("HUB_CHROMIUM")
    found = named or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if found is None:
        message = "Install Chromium (Debian: apt install chromium), or name it with HUB_CHROMIUM."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_ARGUMENTS))
        yield started
        started.close()


@pytest.fixture(scope="module")
def address(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where `hub demo` serves a demonstration of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("hub")
    folder = tmp_path_factory.mktemp("demonstration")
    command = [str(program), "demo", "--data-dir", str(folder), "--port", str(port), "--no-browser"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    watchdog = threading.Timer(START_SECONDS, process.kill)
    watchdog.start()
    output = ready(process)
    watchdog.cancel()
    # Nobody reads on, and a full pipe would stop the server.
    reading = threading.Thread(target=output.extend, args=(process.stdout,), daemon=True)
    reading.start()
    yield f"http://127.0.0.1:{port}"
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail(f"hub demo did not end within {STOP_SECONDS} s of Ctrl-C")
    reading.join()
    secrecy.keep("what hub demo said to a browser's test", "".join(output))


def ready(process: subprocess.Popen[str]) -> list[str]:
    """Wait for the line that says where it serves; what it had written until then."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("ready http://"):
            return lines
    pytest.fail(f"hub demo ended with {process.wait()}:\n{''.join(lines)}")


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the screenshots go: HUB_SCREENSHOTS, or a temporary folder."""
    named = os.environ.get("HUB_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Somebody:
    """A person at a browser. `complaints` is whatever the browser found wrong with a page."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context, self.address = context, address
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} {response.url}")

    def visit(self, path: str) -> Response:
        """Go to a page of the portal."""
        response = self.page.goto(self.address + path)
        assert response is not None
        return response

    def sign_in(self, persona: str) -> None:
        """Choose whom to be, by clicking."""
        self.visit("/")
        self.page.get_by_role("link", name="Sign in as", exact=True).click()
        self.page.locator(f"button[name=persona][value={persona}]").click()
        self.page.wait_for_url(f"{self.address}/")

    @property
    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        wider: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return max(wider, 0)


Meet = Callable[[str | None], Somebody]


@pytest.fixture
def meet(browser: Browser, address: str) -> Iterator[Meet]:
    """Gives somebody with a browser of his or her own, signed in as a persona or not at all."""
    met: list[Somebody] = []

    def somebody(persona: str | None) -> Somebody:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=True)
        person = Somebody(context, address)
        met.append(person)
        if persona is not None:
            person.sign_in(persona)
        return person

    yield somebody
    for person in met:
        person.context.close()
    assert [complaint for person in met for complaint in person.complaints] == []
