"""ASP.NET templates, as the real host was seen to match them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.functions_host.route_template import BadTemplate, parse_template


def match(template: str, path: str) -> dict[str, str] | None:
    return parse_template(template).match(path)


def test_literals_ignore_case_and_values_keep_theirs() -> None:
    assert match("api/Orders/{id}", "/API/orders/Ab") == {"id": "Ab"}


@pytest.mark.parametrize("value", ["5", "-5", "+5", "05", "2147483647", "-2147483648"])
def test_an_int_keeps_its_original_text(value: str) -> None:
    assert match("o/{id:int}", f"/o/{value}") == {"id": value}


@pytest.mark.parametrize("value", ["2147483648", "-2147483649", "5.0", "x", "5a", "\u0665"])
def test_what_int32_does_not_parse_does_not_match_int(value: str) -> None:
    assert match("o/{id:int}", f"/o/{value}") is None


def test_one_trailing_slash_is_ignored_and_no_other() -> None:
    assert match("o/{id}", "/o/5/") == {"id": "5"}
    assert match("o/{id}", "/o/5//") is None
    assert match("o/{id}", "/o//5") is None
    assert match("o/{id}", "//o/5") is None


def test_an_optional_may_be_absent_and_has_no_key_then() -> None:
    assert match("o/{x?}", "/o") == {}
    assert match("o/{x?}", "/o/") == {}
    assert match("o/{x?}", "/o/1") == {"x": "1"}
    assert match("o/{x?}", "/o/1/2") is None


def test_two_optionals_fill_up_from_the_left() -> None:
    assert match("o/{x?}/{y?}", "/o/1") == {"x": "1"}
    assert match("o/{x?}/{y?}", "/o/1/2") == {"x": "1", "y": "2"}


def test_a_default_stands_in_for_an_absent_value() -> None:
    assert match("o/{b=7}", "/o") == {"b": "7"}
    assert match("o/{b=7}", "/o/8") == {"b": "8"}


def test_a_catch_all_keeps_slashes_and_is_missing_when_absent() -> None:
    assert match("f/{*rest}", "/f/a//b/") == {"rest": "a//b/"}
    assert match("f/{*rest}", "/f") == {}
    assert match("f/{*rest}", "/f/") == {}


def test_a_segment_may_mix_text_and_values() -> None:
    assert match("{a}-{b}.json", "/1-2-3.json") == {"a": "1-2", "b": "3"}


def test_doubled_braces_are_braces() -> None:
    assert match("a{{b}}", "/a{b}") == {}
    assert match(r"{x:regex(^\d{{2}}$)}", "/12") == {"x": "12"}
    assert match(r"{x:regex(^\d{{2}}$)}", "/123") is None


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        ("long", "9223372036854775807", "9223372036854775808"),
        ("bool", "True", "yes"),
        ("guid", "0f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5b"),
        ("guid", "{0f8fad5bd9cb469fa16570867728950e}", "0f8fad5b-d9cb469f-a165-70867728950e"),
        ("alpha", "abC", "ab1"),
        ("decimal", "-1.50", "1e5"),
        ("double", "1e5", "one"),
        ("min(3)", "3", "2"),
        ("max(3)", "3", "4"),
        ("range(3,5)", "5", "6"),
        ("length(2)", "ab", "abc"),
        ("length(2,3)", "abc", "abcd"),
        ("minlength(2)", "ab", "a"),
        ("maxlength(2)", "ab", "abc"),
    ],
)
def test_a_constraint_decides(constraint: str, good: str, bad: str) -> None:
    assert match(f"{{v:{constraint}}}", f"/{good}") == {"v": good}
    assert match(f"{{v:{constraint}}}", f"/{bad}") is None


@pytest.mark.parametrize(
    "template",
    [
        "/o",
        "o/",
        "a//b",
        "{x",
        "x}",
        "{}",
        "{x}{y}",
        "{*r}/b",
        "a{*r}",
        "{x}/{X}",
        "{x:nosuch}",
        "{x:min}",
        "a?b",
        "a{x?}",
        "{*r?}",
    ],
)
def test_a_bad_template_is_refused(template: str) -> None:
    with pytest.raises(BadTemplate):
        parse_template(template)


def test_the_empty_template_is_the_root() -> None:
    assert match("", "/") == {}
    assert match("", "/a") is None


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1), min_size=1)
)
def test_plain_parameters_take_any_segments(values: list[str]) -> None:
    template = "/".join(f"{{p{index}}}" for index in range(len(values)))
    expected = {f"p{index}": value for index, value in enumerate(values)}
    assert match(template, "/" + "/".join(values)) == expected
