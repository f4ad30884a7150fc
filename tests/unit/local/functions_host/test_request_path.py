"""What becomes of a path before routes are matched."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.functions_host.request_path import BadPath, decode_path, encode_path


@pytest.mark.parametrize(
    ("raw", "decoded"),
    [
        ("/a%20b", "/a b"),
        ("/a+b", "/a+b"),
        ("/%C3%A9", "/é"),
        ("/%25", "/%"),
        ("/a%2Fb", "/a%2Fb"),
        ("/a%2fb", "/a%2fb"),
        ("/a%252Fb", "/a%2Fb"),
        ("/%FF", "/%FF"),
        ("/%C3%28", "/%C3("),
        ("/%F0%9F%98%80%80", "/😀%80"),
        ("/a/./b", "/a/b"),
        ("/a/../b", "/b"),
        ("/a/%2e%2E/b", "/b"),
        ("/../b", "/b"),
        ("/a/b/..", "/a/"),
        ("/a/b/.", "/a/b/"),
        ("/a//b", "/a//b"),
        ("/a.b/..c", "/a.b/..c"),
        ("/%zz%", "/%zz%"),
    ],
)
def test_a_path_is_decoded_once_and_its_dots_resolved(raw: str, decoded: str) -> None:
    assert decode_path(raw.encode()) == decoded


def test_a_nul_is_refused() -> None:
    with pytest.raises(BadPath, match="NUL"):
        decode_path(b"/a%00b")


def test_raw_bytes_that_are_not_ascii_are_refused() -> None:
    with pytest.raises(BadPath, match="ASCII"):
        decode_path("/é".encode())


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0/.")))
def test_every_text_comes_through(text: str) -> None:
    assert decode_path(b"/" + quote(text, safe="").encode()) == "/" + text


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0/.%")))
def test_an_encoded_path_decodes_to_itself(text: str) -> None:
    assert decode_path(encode_path("/" + text).encode()) == "/" + text
