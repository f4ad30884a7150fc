"""ASP.NET route templates: `orders/{id:int}`, `{x?}`, `{b=7}`, `{*rest}`, `{a}-{b}`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from local.functions_host.route_constraints import Constraint, parse_constraint

_PARAMETER = re.compile(
    r"(?P<star>\*{0,2})(?P<name>[^:?=*/{}]+)"
    r"(?P<constraints>(?::[A-Za-z]+(?:\(.*?\))?)*)"
    r"(?:=(?P<default>.*)|(?P<optional>\?))?",
    re.DOTALL,
)
_CONSTRAINT = re.compile(r":([A-Za-z]+(?:\(.*?\))?)(?=:|$)", re.DOTALL)


class BadTemplate(Exception):
    """The template can't be parsed; the message says why."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A `{…}` of a template."""

    name: str
    catch_all: bool = False
    optional: bool = False
    default: str | None = None
    constraints: tuple[Constraint, ...] = ()

    @property
    def may_be_absent(self) -> bool:
        """Whether a path matches without this parameter's segment."""
        return self.optional or self.catch_all or self.default is not None


type Segment = list[str | Parameter]


@dataclass(frozen=True, slots=True)
class RouteTemplate:
    """A parsed template; `match` gives the values of a path."""

    text: str
    _pattern: re.Pattern[str]
    _groups: Mapping[str, Parameter] = field(repr=False)

    def match(self, path: str) -> dict[str, str] | None:
        """The values in a decoded path such as `/api/orders/5`; None when it does not match.

        An absent optional has no key, values keep their case and text, literals ignore case.
        """
        found = self._pattern.fullmatch(path)
        if found is None:
            return None
        values: dict[str, str] = {}
        for group, parameter in self._groups.items():
            value = found[group] or parameter.default
            if not value:
                continue
            if not all(constraint(value) for constraint in parameter.constraints):
                return None
            values[parameter.name] = value
        return values


def parse_template(text: str) -> RouteTemplate:
    """Parse a template, prefix included, no leading slash. Raises BadTemplate."""
    segments = list(_segments(text))
    _check(segments)
    groups: dict[str, Parameter] = {}
    pattern = _pattern(segments, groups)
    return RouteTemplate(text, re.compile(pattern, re.IGNORECASE | re.DOTALL), groups)


def _segments(text: str) -> Iterator[Segment]:
    segment: Segment = []
    position = 0
    while position < len(text):
        if text[position] == "/":
            yield segment
            segment, position = [], position + 1
        elif text[position] == "{" and text[position : position + 2] != "{{":
            end = _closing_brace(text, position)
            segment.append(_parameter(text[position + 1 : end]))
            position = end + 1
        else:
            literal, position = _literal(text, position)
            segment.append(literal)
    yield segment


def _literal(text: str, start: int) -> tuple[str, int]:
    found = re.compile(r"(?:[^{}/?]|\{\{|\}\})+").match(text, start)
    if found is None:
        raise BadTemplate(f"unexpected {text[start]!r} at {start}")
    return found[0].replace("{{", "{").replace("}}", "}"), found.end()


def _closing_brace(text: str, start: int) -> int:
    position = start + 1
    while position < len(text):
        if text[position] == "}" and text[position : position + 2] != "}}":
            return position
        position += 2 if text[position : position + 2] in ("{{", "}}") else 1
    raise BadTemplate(f"the brace at {start} is not closed")


def _parameter(text: str) -> Parameter:
    found = _PARAMETER.fullmatch(text.replace("{{", "{").replace("}}", "}"))
    if found is None:
        raise BadTemplate(f"{{{text}}} is not a parameter")
    try:
        constraints = tuple(parse_constraint(one) for one in _CONSTRAINT.findall(found[3]))
    except ValueError as error:
        raise BadTemplate(f"{{{text}}}: {error}") from error
    return Parameter(
        found["name"], bool(found["star"]), bool(found["optional"]), found["default"], constraints
    )


def _check(segments: list[Segment]) -> None:
    if segments == [[]]:
        return
    seen: set[str] = set()
    for index, segment in enumerate(segments):
        if not segment:
            raise BadTemplate("a segment is empty: a leading or trailing slash, or two in a row")
        for part, following in zip(segment, [*segment[1:], None], strict=True):
            if isinstance(part, Parameter):
                _check_parameter(part, segment, following, index == len(segments) - 1)
                if part.name.lower() in seen:
                    raise BadTemplate(f"{{{part.name}}} appears twice")
                seen.add(part.name.lower())


def _check_parameter(
    part: Parameter, segment: Segment, following: str | Parameter | None, last: bool
) -> None:
    if isinstance(following, Parameter):
        raise BadTemplate(f"{{{part.name}}} and {{{following.name}}} need text between them")
    if part.catch_all and not (last and len(segment) == 1):
        raise BadTemplate(f"{{*{part.name}}} must be the last segment, alone in it")
    if part.catch_all and part.optional:
        raise BadTemplate(f"{{*{part.name}}} can't be optional")
    if part.may_be_absent and len(segment) > 1:
        raise BadTemplate(f"{{{part.name}}} shares its segment: it must have a value there")


def _pattern(segments: list[Segment], groups: dict[str, Parameter]) -> str:
    """A regular expression: what may be absent at the end is nested, so that gaps do not match."""
    if segments == [[]]:
        return "/"
    body, closing = "", ""
    for index, segment in enumerate(segments):
        only = segment[0]
        if isinstance(only, Parameter) and only.catch_all:
            body += f"(?:/(?P<{_group(only, groups)}>.*))?"
            return body + closing
        if all(_may_be_absent(rest) for rest in segments[index:]):
            body += "(?:/" + _segment_pattern(segment, groups)
            closing += ")?"
        else:
            body += "/" + _segment_pattern(segment, groups)
    return body + closing + "/?"


def _may_be_absent(segment: Segment) -> bool:
    return all(isinstance(part, Parameter) and part.may_be_absent for part in segment)


def _segment_pattern(segment: Segment, groups: dict[str, Parameter]) -> str:
    return "".join(
        re.escape(part) if isinstance(part, str) else f"(?P<{_group(part, groups)}>[^/]+)"
        for part in segment
    )


def _group(parameter: Parameter, groups: dict[str, Parameter]) -> str:
    name = f"p{len(groups)}"
    groups[name] = parameter
    return name
