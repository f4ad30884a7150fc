"""`GET /reports/sales`: sales of a range of days, by day, product or customer."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Final

import azure.functions as func
import msgspec

from functions import requests
from functions.endpoint import Call
from functions.faults import Fault
from functions.route import Route
from projections.sales_report import CUSTOMER, DAY, PRODUCT, SALES_REPORT
from wiring import Application

MOST_DAYS: Final = 366
KEYS: Final = {DAY: "day", PRODUCT: "product_id", CUSTOMER: "customer_id"}


ROUTE: Final = Route("sales_report", "GET", "reports/sales")


class SalesRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Sums of a day, a product or a customer, in one currency; amounts are exact."""

    day: str | None = None
    product_id: str | None = None
    customer_id: str | None = None
    currency: str
    orders: int
    units: int
    revenue: int | Decimal
    cancelled_orders: int
    cancelled_revenue: int | Decimal


class SalesReport(msgspec.Struct, frozen=True):
    rows: list[SalesRow]


def blueprint(application: Application) -> func.Blueprint:
    reports = func.Blueprint()

    async def sales(call: Call) -> func.HttpResponse:
        first, last, by = _asked(requests.query(call.request, "from", "to", "by"))
        rows = await application.report_reader.read(
            SALES_REPORT,
            "c.row.by = @by AND c.row.day >= @first AND c.row.day <= @last",
            {"@by": by, "@first": first.isoformat(), "@last": last.isoformat()},
        )
        sums: defaultdict[tuple[str, str], defaultdict[str, Decimal]] = defaultdict(
            lambda: defaultdict(Decimal)
        )
        for row, figures in rows.items():
            for name, amount in figures.items():
                sums[row.key, row.currency][name] += amount
        return call.answer(SalesReport([_row(by, *key, sums[key]) for key in sorted(sums)]))

    ROUTE.serve(reports, sales, application)
    return reports


def _row(by: str, key: str, currency: str, figures: dict[str, Decimal]) -> SalesRow:
    return SalesRow(
        **{KEYS[by]: key},
        currency=currency,
        orders=int(figures["orders"]),
        units=int(figures["units"]),
        revenue=exact(figures["revenue"]),
        cancelled_orders=int(figures["cancelledOrders"]),
        cancelled_revenue=exact(figures["cancelledRevenue"]),
    )


def exact(amount: Decimal) -> int | Decimal:
    """A sum without decimals that say nothing; never a double, it may be more than one holds."""
    return int(amount) if amount == amount.to_integral_value() else amount


def _asked(given: dict[str, str]) -> tuple[date, date, str]:
    """The range of days, both included, and what by. Raises InvalidRequest with every fault."""
    first, last, by = requests.all_of(
        (
            lambda: _day(given, "from"),
            lambda: _day(given, "to"),
            lambda: _by(given.get("by", DAY)),
        )
    )
    if not 0 <= (last - first).days < MOST_DAYS:
        fault = Fault("/to", f"Expected a day from 'from' on, {MOST_DAYS} days at most.")
        raise requests.InvalidRequest(fault)
    return first, last, by


def _day(given: dict[str, str], name: str) -> date:
    try:
        return date.fromisoformat(given[name])
    except (KeyError, ValueError):
        fault = Fault(f"/{name}", "Expected a day such as 2026-11-01.")
        raise requests.InvalidRequest(fault) from None


def _by(text: str) -> str:
    if text in KEYS:
        return text
    raise requests.InvalidRequest(Fault("/by", f"Expected one of {', '.join(KEYS)}."))
