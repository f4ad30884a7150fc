"""The contract against the running stack: what openapi.json says is what the application does."""

import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.e2e.browser import Page, browser
from tests.stack.local_azure import REPOSITORY, LocalAzure

TEXTS = (
    "h1, h2, h3, p, a, .method, .path, .title, .tag, .name, .kind, .must, .note, .status, .type, label, "
    "button, summary, pre"
)

EXAMPLES = 6
"""Generated requests per operation in each phase, beside those that cover its schema's limits."""


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    """A stack that asks for keys, as the real host does."""
    with LocalAzure(tmp_path_factory.mktemp("openapi") / "data", "--require-keys") as stack:
        yield stack


@pytest.fixture(scope="module")
def key(locked: LocalAzure) -> str:
    """The key that opens everything."""
    found = re.search(r"Admin key: (\S+)", locked.said())
    assert found is not None, locked.said()
    return found[1]


@pytest.mark.slow
def test_the_application_does_what_the_document_says(
    locked: LocalAzure, key: str, tmp_path: Path
) -> None:
    """No 5xx, no undocumented status, content type or header, every body as its schema has it; what the
    schemas forbid is refused, what they allow is not, and nothing is open without a key."""
    run = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", str(REPOSITORY / "tests" / "e2e" / "schemathesis.toml")),
            *("run", str(REPOSITORY / "openapi.json"), "--url", locked.url),
            *("--header", f"x-functions-key:{key}"),
            *("--phases", "coverage,fuzzing,stateful", "--max-examples", str(EXAMPLES)),
            *("--seed", "1", "--workers", "2", "--continue-on-failure", "--no-color"),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"Tested: (\d{2,})", run.stdout), run.stdout


@pytest.fixture
async def page(locked: LocalAzure, tmp_path: Path) -> AsyncIterator[Page]:
    """The documentation in a browser, its operations listed."""
    async with browser(tmp_path / "profile") as page:
        await page.open(f"{locked.url}/docs")
        await page.until("document.getElementById('main').ariaBusy === null")
        yield page


async def test_the_page_lists_every_operation_and_asks_nobody_else(
    page: Page, locked: LocalAzure
) -> None:
    listed = await page.evaluate("[...document.querySelectorAll('.operation')].map((o) => o.id)")
    document = "fetch('openapi.json').then((r) => r.json()).then((d) => Object.values(d.paths)"
    ids = ".flatMap((p) => Object.values(p).map((o) => o.operationId)))"
    assert sorted(listed) == sorted(await page.evaluate(document + ids))
    assert len(listed) > 20
    assert page.complaints == []
    assert {url for url in page.requested if not url.startswith((locked.url, "data:"))} == set()


async def test_every_operation_opens_with_its_answers_and_problem_types(page: Page) -> None:
    await page.evaluate(
        "document.querySelectorAll('.operation').forEach((o) => { o.open = true; })"
    )
    await page.until("document.querySelectorAll('.operation form').length > 20")
    shown = await page.evaluate("document.getElementById('place_order').innerText")
    for text in ("Idempotency-Key", "customerId", "1 to 200 items", "/problems/rule-violation"):
        assert text in shown
    await page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    await page.until(
        "document.getElementById('place_order').innerText.includes('order-already-placed')"
    )
    assert page.complaints == []


async def test_an_order_is_placed_from_the_page_with_a_key_and_not_without(
    page: Page, key: str
) -> None:
    form = "document.querySelector('#place_order form')"
    await page.evaluate("document.getElementById('place_order').open = true")
    await page.until(f"{form} !== null")
    for given, status in (("", "401"), (key, "201")):
        await page.evaluate(f"document.getElementById('key').value = '{given}'")
        await page.evaluate(f"{form}.requestSubmit()")
        result = f"{form}.querySelector('.result').innerText"
        await page.until(f"{result}.startsWith('{status}')")
    assert '"status": "placed"' in await page.evaluate(result)


async def test_operations_are_found_by_words(page: Page) -> None:
    await page.evaluate(
        "{ const box = document.getElementById('filter'); box.value = 'ship post';"
        " box.dispatchEvent(new Event('input')); }"
    )
    visible = "[...document.querySelectorAll('.operation:not([hidden])')].map((o) => o.id)"
    assert await page.evaluate(visible) == ["ship_order", "ship_product"]


@pytest.mark.parametrize("dark", [False, True])
async def test_text_stands_out_in_light_and_in_dark(
    page: Page, locked: LocalAzure, dark: bool
) -> None:
    """WCAG 2.2, 1.4.3: a contrast of 4.5 at least."""
    await page.open(f"{locked.url}/docs#place_order", dark=dark)
    await page.until("document.querySelector('#place_order form') !== null")
    ratios = await page.contrasts(TEXTS)
    assert len(ratios) > 10
    assert min(ratios.values()) >= 4.5, ratios
