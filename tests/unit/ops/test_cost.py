"""`python -m ops cost`: what it drives, what it says, and that its document shows what it says."""

import asyncio
from pathlib import Path

import pytest

from domain.registry import AGGREGATES
from ops.__main__ import main
from ops.sample_commands import SAMPLES
from ops.spending import Spending, Spent, measure
from projections.projection import Reaction
from projections.registry import PROJECTIONS

DOCUMENT = Path(__file__).parents[3] / "docs" / "cost-model.md"


@pytest.fixture(scope="module")
def spending() -> Spending:
    return asyncio.run(measure())


def of(spending: Spending, aggregate: str, verb: str) -> Spent:
    return next(
        spent
        for spent in spending.commands
        if (spent.sample.aggregate.name, spent.sample.verb) == (aggregate, verb)
    )


def test_every_verb_of_the_applications_own_aggregates_is_among_the_samples() -> None:
    sampled = {(sample.aggregate.name, sample.verb) for sample in SAMPLES}
    verbs = {(a.name, verb) for a in AGGREGATES for verb in a.commands}
    assert sampled == verbs


def test_a_warm_command_costs_one_request(spending: Spending) -> None:
    assert {spent.requests for spent in spending.commands} == {1}


def test_an_append_costs_a_read_of_the_head_and_a_write_creating_the_write_alone(
    spending: Spending,
) -> None:
    assert of(spending, "Product", "receive").command == pytest.approx(1.0 + 4.95)
    assert 4.95 <= of(spending, "Order", "place").command < 6.29


def test_the_feed_reads_each_event_once_at_the_accounts_consistency(spending: Spending) -> None:
    assert of(spending, "Product", "receive").feed == pytest.approx(2.0)
    assert spending.empty_poll == pytest.approx(2.0)


def test_every_projection_takes_its_step_behind_every_event_that_it_follows(
    spending: Spending,
) -> None:
    for spent in spending.commands:
        seeing = [p for p in PROJECTIONS if p.sees(spent.sample.aggregate.name)]
        following = {p.name for p in seeing if not isinstance(p, Reaction)}
        assert set(spent.projections) == following
        assert all(units >= 5.95 for units in spent.projections.values())


def test_the_bill_follows_the_rate_and_the_prices(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--commands-per-second", "0.001", "--ru-price", "0", "--tu-price", "1"]
    assert main(["cost", *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "A month at 0.001 commands/s" in lines
    (in_all,) = (line.split("|")[4].strip() for line in lines if line.startswith("| in all"))
    assert in_all == "730.00"


def test_the_document_shows_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    main(["cost"])
    printed = capsys.readouterr().out
    assert printed.strip() in DOCUMENT.read_text(), (
        "docs/cost-model.md is out of date: replace its tables by what 'python -m ops cost' prints"
    )
