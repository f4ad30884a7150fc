"""`python -m ops cost`: request units per command and projection step, and the bill of a month."""

import argparse
import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ops.resources import resources

if TYPE_CHECKING:
    from rich.table import Table

    from ops.bill import Line, Load, Traffic
    from ops.spending import Spending

WIDTH: Final = 120
RU_PRICE: Final = 0.25
TU_PRICE: Final = 0.03
EVENTS_PRICE: Final = 0.028
"""US dollars, as an example: prices differ by region and change ("Azure Cosmos DB pricing", serverless;
"Event Hubs pricing", Standard). Look yours up and give them as options."""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("cost", help="request units per command, the bill of a month")
    parser.add_argument("--commands-per-second", type=float, default=20, metavar="N")
    parser.add_argument("--feed-poll-milliseconds", type=int, default=1000, metavar="N")
    parser.add_argument(
        "--ru-price", type=float, default=RU_PRICE, help="per million request units (%(default)s)"
    )
    parser.add_argument(
        "--tu-price", type=float, default=TU_PRICE, help="per throughput unit, hour (%(default)s)"
    )
    parser.add_argument(
        "--events-price", type=float, default=EVENTS_PRICE, help="per million events (%(default)s)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measures on a Cosmos DB within this process and prints three tables."""
    from ops.bill import Load, Prices, bill, traffic
    from ops.spending import measure

    spending = asyncio.run(measure())
    groups = len(resources()["eventHubs"][0]["consumerGroups"])
    load = Load(options.commands_per_second, options.feed_poll_milliseconds, groups)
    prices = Prices(options.ru_price, options.tu_price, options.events_price)
    _print(_commands(spending))
    _print(_throughput_units(traffic(spending, load)))
    _print(_bill(list(bill(spending, load, prices)), load))
    return 0


def _commands(spending: "Spending") -> "Table":
    columns = ("command", "requests", "append", "feed", "projections", "in all", "event, bytes")
    table = _table("Request units of a warm command, modelled", *columns)
    each = {(spent.sample.aggregate.name, spent.sample.verb): spent for spent in spending.commands}
    for (aggregate, verb), spent in each.items():
        projections = (f"{name} {units:.2f}" for name, units in spent.projections.items())
        table.add_row(
            f"{verb} {aggregate.lower()}",
            str(spent.requests),
            f"{spent.command:.2f}",
            f"{spent.feed:.2f}",
            "\n".join(projections),
            f"{spent.total:.2f}",
            str(sum(spent.messages)),
        )
    return table


def _throughput_units(traffic: "Traffic") -> "Table":
    title = f"Throughput units, {traffic.consumer_groups} consumer groups"
    table = _table(title, "limit of one", "used")
    for limit, units in traffic.needs().items():
        table.add_row(limit, f"{units:.3f}")
    table.add_row("throughput units to buy", str(traffic.throughput_units))
    return table


def _bill(lines: "Sequence[Line]", load: "Load") -> "Table":
    title = f"A month at {load.commands_per_second:g} commands/s"
    table = _table(title, "what", "amount", "unit", "price")
    for line in lines:
        table.add_row(line.what, f"{line.amount:,.1f}", line.unit, f"{line.price:,.2f}")
    table.add_row("in all", "", "", f"{sum(line.price for line in lines):,.2f}")
    return table


def _table(title: str, *columns: str) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="", box=box.MARKDOWN)
    for column in columns:
        words = column in ("command", "projections", "limit of one", "what", "unit")
        table.add_column(column, justify="left" if words else "right", no_wrap=True)
    return table


def _print(table: "Table") -> None:
    """As Markdown, so that the output can stand in a document."""
    from rich.console import Console

    console = Console(width=WIDTH, color_system=None)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        print(line.rstrip())
    print()
