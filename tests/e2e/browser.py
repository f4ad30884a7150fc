"""A headless Chromium, driven over the Chrome DevTools Protocol."""

import asyncio
import itertools
import json
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)
PATIENCE: Final = 20.0
LISTENING: Final = "DevTools listening on "
KEYS: Final = {"ArrowLeft": 37, "ArrowRight": 39, "Enter": 13, "Home": 36, "End": 35}

CONTRASTS: Final = """
(selectors) => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const background = (element) => {
    const color = channels(getComputedStyle(element).backgroundColor);
    return color.length < 4 || color[3] > 0 ? color : background(element.parentElement);
  };
  const luminance = (color) => {
    const [r, g, b] = color.slice(0, 3).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const seen = {};
  for (const element of document.querySelectorAll(selectors)) {
    if (!element.textContent.trim() || !element.checkVisibility()) continue;
    const pair = [luminance(channels(getComputedStyle(element).color)), luminance(background(element))].sort();
    seen[`${element.tagName}.${element.className}`] = (pair[1] + 0.05) / (pair[0] + 0.05);
  }
  return seen;
}
"""


class Page:
    """The one page of a browser. `requested` has the addresses that it asked for, `complaints` what its
    console was told of errors."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.requested: list[str] = []
        self.complaints: list[str] = []

    async def open(self, url: str, *, dark: bool = False) -> None:
        """Opens an address and waits until the page's scripts have had their first turn."""
        for domain in ("Page", "Runtime", "Network", "Log"):
            await self._call(f"{domain}.enable")
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self._call("Emulation.setEmulatedMedia", features=[scheme])
        await self._call("Page.navigate", url=url)
        await self.until("document.readyState === 'complete'")

    async def evaluate(self, script: str) -> Any:
        """The value of an expression, awaited where it is a promise."""
        answer = await self._call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, script: str) -> None:
        """Waits until an expression is true."""
        async with asyncio.timeout(PATIENCE):
            await self.evaluate(f"""new Promise((resolve) => {{
                const look = () => ({script}) ? resolve() : setTimeout(look, 10);
                look();
            }})""")

    async def press(self, key: str) -> None:
        """Presses and releases a key, `ArrowLeft` or `Enter`, where the focus is."""
        code = KEYS[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            await self._call(
                "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **text
            )

    async def contrasts(self, selectors: str) -> dict[str, float]:
        """By tag and class the contrast of text to what is behind it, as WCAG 2.2 defines it."""
        found: dict[str, float] = await self.evaluate(f"({CONTRASTS})({json.dumps(selectors)})")
        return found

    async def _call(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            message = json.loads(await self._socket.receive_str(timeout=PATIENCE))
            if message.get("id") == number:
                return message["result"]
            self._note(message)

    def _note(self, message: Any) -> None:
        match message:
            case {"method": "Network.requestWillBeSent", "params": {"request": {"url": url}}}:
                self.requested.append(url)
            case {"method": "Runtime.exceptionThrown", "params": {"exceptionDetails": details}}:
                self.complaints.append(str(details))
            case {"method": "Log.entryAdded", "params": {"entry": {"level": "error"} as entry}}:
                self.complaints.append(entry["text"])


@asynccontextmanager
async def browser(profile: Path) -> AsyncIterator[Page]:
    """A page of a new browser with an empty profile; skips the test where there is no Chromium."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"none of {', '.join(NAMES)} is on the PATH (Debian: apt install chromium)")
    process = await asyncio.create_subprocess_exec(
        program, *FLAGS, f"--user-data-dir={profile}", "about:blank", stdout=DEVNULL, stderr=PIPE
    )
    try:
        assert process.stderr is not None
        port = await _port(process.stderr)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                targets = await answer.json()
            address = next(t["webSocketDebuggerUrl"] for t in targets if t["type"] == "page")
            async with session.ws_connect(address, max_msg_size=0) as socket:
                yield Page(socket)
    finally:
        process.terminate()
        await process.communicate()


async def _port(lines: asyncio.StreamReader) -> int:
    async with asyncio.timeout(PATIENCE):
        async for line in lines:
            text = line.decode(errors="replace")
            if text.startswith(LISTENING):
                return int(text.split(":")[2].split("/")[0])
    raise AssertionError("Chromium ended before it listened")
