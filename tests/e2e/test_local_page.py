"""The page at `/_local/` in a browser: seen, clicked through, and alone with the local Azure."""

import json
import re
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubProducerClient

from tests.e2e.browser import Page, browser
from tests.stack.client import Client, an_order, client_of
from tests.stack.local_azure import LocalAzure

TEXTS = "h1, h2, h3, p, a, b, span, time, button, caption, th, td, summary, pre, code, output"


@contextmanager
def running(folder: Path, *options: str) -> Iterator[LocalAzure]:
    """A stack that is killed in the end: it has nothing to finish."""
    stack = LocalAzure(folder / "data", *options)
    try:
        yield stack.start()
    finally:
        stack.kill()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    with running(tmp_path_factory.mktemp("page")) as stack:
        yield stack


@pytest.fixture
async def client(stack: LocalAzure) -> AsyncIterator[Client]:
    async with client_of(stack.url) as client:
        yield client


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Page]:
    async with browser(tmp_path / "profile") as page:
        yield page


def address(stack: LocalAzure) -> str:
    """Where the stack says that the page is."""
    found = re.search(r"^Local view  (\S+)$", stack.said(), re.MULTILINE)
    assert found is not None, stack.said()
    return found[1]


@pytest.fixture
async def page(stack: LocalAzure, tab: Page) -> AsyncIterator[Page]:
    """The page, live; in the end it has asked nobody else and had nothing to complain of."""
    await tab.open(address(stack))
    await is_live(tab)
    yield tab
    assert tab.complaints == []
    origin = f"http://127.0.0.1:{stack.http_port}/"
    assert {url for url in tab.requested if not url.startswith((origin, "data:"))} == set()


async def is_live(page: Page) -> None:
    await page.until("document.getElementById('connection').textContent === 'Live'")


async def reads(page: Page, element: str, pattern: str) -> None:
    """Waits until an element's text has a pattern."""
    words = f"document.querySelector({json.dumps(element)})?.innerText ?? ''"
    await page.until(f"new RegExp({json.dumps(pattern)}).test({words})")


async def text(page: Page, element: str) -> str:
    return str(await page.evaluate(f"document.querySelector('{element}').innerText"))


async def shipped_order(client: Client, order: str) -> None:
    assert (await client.post("/orders", an_order(orderId=order))).status == 201
    shipped = await client.post(f"/orders/{order}/ship", {"trackingNumber": "1Z-204"})
    assert shipped.status == 200
    await client.read_model(f"/orders/{order}", 2)


def choosing(stream: str) -> str:
    buttons = "[...document.querySelectorAll('#stream-list button')]"
    return f"{buttons}.find((button) => button.innerText.startsWith('{stream}'))"


async def choose(page: Page, stream: str) -> None:
    await page.until(f"{choosing(stream)} !== undefined")
    await page.evaluate(f"{choosing(stream)}.click()")
    await reads(page, "#stream-title", f"^{stream}$")


async def test_a_stream_is_chosen_and_the_slider_shows_its_past(page: Page, client: Client) -> None:
    await shipped_order(client, "past")
    await choose(page, "order-past")
    await reads(page, "#moment", "^Version 2 of 2: OrderShipped")
    await reads(page, "#state .changed", r"status\s+shipped\s+placed")
    await reads(page, "#state .added", r"shippedAt\s+2.*Z\s+not there")
    await page.evaluate("document.getElementById('version').focus()")
    await page.press("ArrowLeft")
    await reads(page, "#moment", "^Version 1 of 2: OrderPlaced")
    await reads(page, "#state-title", "VERSION 1$")
    shown = await text(page, "#state tbody")
    assert re.search(r"status\s+placed", shown)
    assert "trackingNumber" not in shown
    assert await page.evaluate("location.hash") == "#stream/order-past/1"
    events = await page.evaluate(
        "[...document.querySelectorAll('#events > li')].map((li) => [li.ariaCurrent, li.className])"
    )
    assert events == [["step", ""], [None, "yet-to-come"]]
    assert '"customerId": "cust-1"' in await text(page, "#events details[open]")


async def test_at_its_end_the_slider_stays_with_the_newest_event(
    page: Page, client: Client
) -> None:
    await client.post("/orders", an_order(orderId="live"))
    await choose(page, "order-live")
    await reads(page, "#moment", "^Version 1 of 1: OrderPlaced")
    await client.post("/orders/live/cancel", {"reason": "<img src=x onerror=alert(1)>"})
    await reads(page, "#moment", "^Version 2 of 2: OrderCancelled")
    await reads(page, "#state .added", "cancelledAt")
    await reads(page, "#events details[open] pre", "<img src=x onerror")
    await page.evaluate("document.getElementById('earlier').click()")
    await client.post("/products/live/receive", {"quantity": 1})
    await choose(page, "product-live")
    await reads(page, "#state", r"available\s+1")


async def test_a_moment_has_an_address(page: Page, client: Client, stack: LocalAzure) -> None:
    await shipped_order(client, "address")
    await page.open("about:blank")
    await page.open(f"{address(stack)}#stream/order-address/1")
    await reads(page, "#moment", "^Version 1 of 2")


async def test_streams_are_listed_by_their_newest_event_and_found_by_their_ids(
    page: Page, client: Client
) -> None:
    for order in ("list-1", "list-2"):
        await client.post("/orders", an_order(orderId=order))
    await client.post("/orders/list-1/cancel", {"reason": "late"})
    await reads(page, "#stream-list li", r"^order-list-1\s+v2\s+OrderCancelled")
    await page.evaluate(
        "{ const box = document.getElementById('filter'); box.value = 'LIST-2';"
        " box.dispatchEvent(new Event('input')); }"
    )
    await page.until("document.querySelectorAll('#stream-list li').length === 1")
    await reads(page, "#stream-list li", r"^order-list-2\s+v1")


async def test_projections_tell_their_lag_and_groups_how_far_they_are(
    page: Page, client: Client
) -> None:
    await shipped_order(client, "lag")
    row = "#projection-rows [data-key=order_read_model]"
    await reads(page, row, r"order_projector\s+0 s\s+0\s+\d\d:\d\d:\d\d")
    group = "#hubs [data-key=order_projector]"
    await reads(page, group, r"order_projector(\s+up to date){4}")
    await reads(page, "#hubs [data-key=stream_analytics]", r"(\s+no reader){4}")
    assert int(await text(page, "#glance-hub")) >= 2
    await reads(page, "#glance-lag", "^0 s$")


async def test_request_units_grow_with_each_command(page: Page, client: Client) -> None:
    await page.evaluate("document.getElementById('count-anew').click()")
    await reads(page, "#containers [data-key=events]", "events")
    await page.evaluate("document.querySelector('#containers [data-key=events] button').click()")
    batches = "#containers [data-key=events] [data-key=batch]"
    await page.until(f"document.querySelector('{batches}') === null")
    await client.post("/orders", an_order(orderId="units"))
    await reads(page, batches, r"^batch\s+1\s+[1-9]")
    before = await text(page, batches)
    await client.post("/orders/units/cancel", {"reason": "late"})
    await reads(page, batches, r"^batch\s+2\s+[1-9]")
    units = [float(found.split()[2]) for found in (before, await text(page, batches))]
    assert units[1] > units[0] + 4
    await page.until("document.querySelectorAll('#rates rect').length > 1")


async def test_a_dead_letter_is_listed_with_its_reason_and_replayed(
    page: Page, stack: LocalAzure
) -> None:
    await reads(page, "#no-letters", "^None")
    producer = EventHubProducerClient.from_connection_string(
        stack.event_hubs, eventhub_name="domain-events"
    )
    async with producer:
        await producer.send_batch([EventData(b"no event")], partition_id="2")
    await reads(page, "#letters", "order_projector")
    letter = await text(page, "#letters li")
    assert re.match(r"message \d+ of partition 2\s+unreadable\s+\w+_projector", letter)
    assert "Error" in await text(page, "#letters .reason")
    await reads(page, "#glance-letters", r"[1-9]")
    await page.evaluate("document.querySelector('#letters button').click()")
    await reads(page, "#replayed", "message .* failed again")


async def test_a_pause_lasts_until_it_is_ended(page: Page, client: Client) -> None:
    await page.evaluate("document.getElementById('pause').click()")
    await reads(page, "#connection", "^Paused$")
    await shipped_order(client, "pause")
    assert await page.evaluate(f"{choosing('order-pause')} === undefined")
    await page.evaluate("document.getElementById('pause').click()")
    await page.until(f"{choosing('order-pause')} !== undefined")
    await is_live(page)


@pytest.mark.parametrize("dark", [False, True])
async def test_text_stands_out_in_light_and_in_dark(
    page: Page, client: Client, stack: LocalAzure, dark: bool
) -> None:
    """WCAG 2.2, 1.4.3: a contrast of 4.5 at least."""
    await client.post("/orders", an_order(orderId="contrast"))
    await client.post("/orders/contrast/ship", {"trackingNumber": "1Z-204"})
    await client.post("/orders/contrast/deliver", {})
    await page.open("about:blank")
    await page.open(f"{address(stack)}#stream/order-contrast/2", dark=dark)
    await reads(page, "#state .changed", "shipped")
    await page.until("document.querySelector('#events .yet-to-come') !== null")
    await page.until("document.querySelectorAll('#containers tbody').length > 5")
    ratios = await page.contrasts(TEXTS)
    assert len(ratios) > 20
    assert min(ratios.values()) >= 4.5, ratios


async def test_every_control_has_a_name(page: Page, client: Client) -> None:
    await shipped_order(client, "names")
    await choose(page, "order-names")
    nameless = await page.evaluate(
        "[...document.querySelectorAll('button, input, a, summary, section, svg, nav')]"
        ".filter((e) => e.checkVisibility() && !e.getAttribute('aria-label') && !e.textContent.trim()"
        " && !document.getElementById(e.getAttribute('aria-labelledby'))).map((e) => e.outerHTML)"
    )
    assert nameless == []


async def test_the_tour_can_be_watched(page: Page, stack: LocalAzure) -> None:
    tour = await create_subprocess_exec(sys.executable, "-m", "local.demo", stack.url, stdout=PIPE)
    said, _ = await tour.communicate()
    assert tour.returncode == 0, said.decode()
    await choose(page, "order-order-1")
    await reads(page, "#moment", "^Version 2 of 2: OrderShipped")


async def test_when_the_server_is_away_the_page_says_so_and_comes_back(
    tab: Page, stack: LocalAzure
) -> None:
    await tab.open(address(stack))
    await is_live(tab)
    stack.kill_host()
    await reads(tab, "#connection", "does not answer")
    await is_live(tab)


async def test_without_the_application_the_servers_are_shown_and_what_to_do(
    tab: Page, tmp_path: Path
) -> None:
    with running(tmp_path, "--no-functions") as stack:
        assert address(stack) == f"{stack.cosmos_address}_local/"
        await tab.open(address(stack))
        await is_live(tab)
        await reads(tab, "#projections", "The application is not running: nobody answers at http")
        await reads(tab, "#no-streams", r"make demo API=http://127.0.0.1:\d+/api")
        await reads(tab, "#containers [data-key=events]", r"events\s+0")
        await reads(tab, "#hubs", "0 events in 4 partitions")


async def test_where_keys_are_asked_for_one_can_be_given(tab: Page, tmp_path: Path) -> None:
    with running(tmp_path, "--require-keys") as stack:
        key = re.search(r"Admin key: (\S+)", stack.said())
        assert key is not None
        await tab.open(address(stack))
        await reads(tab, "#projections", "Refused: the application asks for a function key")
        await tab.evaluate(f"document.getElementById('key').value = '{key[1]}'")
        await tab.evaluate("document.getElementById('key-form').requestSubmit()")
        await reads(tab, "#projection-rows", "order_read_model")
        assert not (await text(tab, "#projections .problem"))
