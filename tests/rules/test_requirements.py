"""Requirements: every version pinned, and nothing missing that a member needs."""

from collections.abc import Iterator
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.rules.repository import PRODUCT, ROOT, imports, modules

RUNTIME, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"


def requirements(name: str) -> list[Requirement]:
    """The requirements of a file, without those of a file that it includes."""
    lines = (line.partition("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-r ")]


def pinned(*names: str) -> dict[str, str]:
    return {
        canonicalize_name(requirement.name): str(requirement.specifier).removeprefix("==")
        for name in names
        for requirement in requirements(name)
    }


def needs(requirement: Requirement) -> Iterator[Requirement]:
    """What a distribution needs here, with the extras that it is asked for with."""
    for text in metadata.requires(requirement.name) or ():
        needed = Requirement(text)
        extras = requirement.extras or {""}
        if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in extras):
            yield needed


@pytest.mark.parametrize("name", [RUNTIME, DEVELOPMENT])
def test_every_version_is_pinned_and_is_the_one_that_is_installed(name: str) -> None:
    for requirement in requirements(name):
        (specifier,) = requirement.specifier
        assert specifier.operator == "==", requirement
        assert metadata.version(requirement.name) == specifier.version, requirement


def test_no_distribution_is_named_twice() -> None:
    named = [
        canonicalize_name(requirement.name)
        for name in (RUNTIME, DEVELOPMENT)
        for requirement in requirements(name)
    ]
    assert len(set(named)) == len(named)


@pytest.mark.parametrize("names", [(RUNTIME,), (RUNTIME, DEVELOPMENT)], ids=lambda n: n[-1])
def test_whatever_a_member_needs_is_a_member_too(names: tuple[str, ...]) -> None:
    members = pinned(*names)
    for name in names:
        for requirement in requirements(name):
            for needed in needs(requirement):
                version = members.get(canonicalize_name(needed.name))
                assert version is not None, f"{requirement.name} needs {needed}"
                assert needed.specifier.contains(version, prereleases=True), needed


@pytest.mark.parametrize("name", [RUNTIME, DEVELOPMENT])
def test_what_is_listed_as_transitive_is_needed_by_somebody(name: str) -> None:
    text = (ROOT / name).read_text()
    direct, _, transitive = text.partition("# Transitive.")
    assert direct
    listed = {canonicalize_name(Requirement(line).name) for line in transitive.splitlines() if line}
    assert listed
    needed = {
        canonicalize_name(need.name)
        for file in {RUNTIME, name}
        for requirement in requirements(file)
        for need in needs(requirement)
    }
    assert listed <= needed


NAMESPACE = "azure"
"""A package that many distributions share: what they bring lies one level below."""


def importable(name: str) -> str:
    """What tells whose an imported name is."""
    return ".".join(name.split(".")[: 2 if name.startswith(f"{NAMESPACE}.") else 1])


def owners() -> dict[str, str]:
    """The distribution that brings each importable name."""
    return {
        importable(".".join(file.with_suffix("").parts)): canonicalize_name(distribution.name)
        for distribution in metadata.distributions()
        for file in distribution.files or ()
        if file.suffix == ".py"
    }


def test_whatever_the_app_imports_is_required_where_it_is_deployed() -> None:
    """Also what is imported within a function, and so would be missed only then."""
    imported = {name for top in PRODUCT for path in modules(top) for name in imports(path)}
    brought = owners()
    needed = {brought[importable(name)] for name in imported if importable(name) in brought}
    assert {"azure-cosmos", "jsonschema", "msgspec"} <= needed
    assert needed <= pinned(RUNTIME).keys()
