"""That nothing is left out: each route, page, parameter and cache of the tree has its isolation case."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from core.log_filter import NAMES, LogFilter, Span, to_query
from core.outcomes import Outcome
from core.records import Kind
from pages import catalogue, log_address
from tests.isolation.asking import built
from tests.isolation.cases import PAGES, ROUTES
from web.routes_table import TABLE, Access, route_of

ROOT = Path(__file__).parents[2]
# They are asked for by the rooms that hold what a person may see.
ROOMS = ("auth", "operations", "pages", "store", "web")
# What may be remembered between two people, and why that tells neither of the other.
REMEMBERED = {
    "auth/local.py:_hasher": "a class of a library",
    "pages/parts.py:_mount": "a component of ours by its folder's name",
    "store/policies.py:_parsed": "a policy by its text and version, which is the same for all",
    "store/wanted.py:_onward": "the words of a query, whose values are given at each call",
    "store/writing.py:_stream": "a hash of a device's name, which goes nowhere",
    "web/frames.py:joined": "batches of the log as one, of which each screen is sent what is its own",
    "operations/evidence_package/viewing.py:_frame": "the page of every package, without any record",
    "web/plain_pages.py:_template": "a file of ours",
}
CACHES = {"cache", "lru_cache", "cached_property", "cache_data", "cache_resource"}
# They would put what one person sees under an address that opens to everybody who is signed in.
FILES_FOR_ALL = {"audio", "download_button", "image", "pdf", "video"}


def methods_of(route: BaseRoute) -> tuple[str, frozenset[str]]:
    """Give a route's path and methods, HEAD left out, which is GET without a body."""
    assert isinstance(route, Route | WebSocketRoute | Mount), f"nobody knows what {route} answers"
    methods = route.methods if isinstance(route, Route) else None
    return route.path, frozenset(methods or {"GET"}) - {"HEAD"}


def calls(*rooms: str) -> Iterator[tuple[Path, ast.Call]]:
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield path, node


def test_every_route_and_method_has_a_case(tmp_path: Path) -> None:
    served: dict[str, frozenset[str]] = {}
    for route in built(tmp_path).routes:
        path, methods = methods_of(route)
        served[path] = served.get(path, frozenset()) | methods

    assert {path: case.methods for path, case in ROUTES.items()} == served


def test_every_path_in_a_route_names_what_its_case_tries() -> None:
    named = {path: {part.partition(":")[0] for part in _braces(path)} for path in ROUTES}

    assert {path: set(case.path) for path, case in ROUTES.items()} == named


def _braces(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def test_a_route_that_tells_each_person_something_else_needs_a_session() -> None:
    scoped = [path for path, case in ROUTES.items() if not case.open]
    access = {path: route_of(path).access for path in scoped}

    assert {path for path, one in access.items() if one is not Access.SESSION} == {"/sign-in", "/sign-out"}


def test_every_line_of_the_route_table_is_one_that_is_tried_or_streamlits() -> None:
    streamlits = {"/_stcore/agent", "/_stcore/metrics", "/static", "/favicon.png", "/manifest.json"}
    tried = {path.partition("/{")[0] for path in ROUTES}
    below_tried = {line.path for line in TABLE if any(line.path.startswith(f"{one}/") for one in tried)}

    assert {line.path for line in TABLE} - streamlits - tried - below_tried == set()


def test_every_page_has_a_case() -> None:
    assert {page.path for page in catalogue.PAGES} == set(PAGES)


def test_every_parameter_of_a_pages_address_has_a_case() -> None:
    everything = LogFilter(
        sites=frozenset({"s"}),
        doors=frozenset({"d"}),
        kinds=frozenset({Kind.DOOR_OPENED}),
        outcomes=frozenset({Outcome.GRANTED}),
        reasons=frozenset({"other"}),
        device="d",
        person="p",
        span=Span(since=1, until=2),
    )
    known = {name for page in PAGES.values() for name in page.query}

    written = {*to_query(everything), "when", *NAMES, *log_address.KEYS}
    assert written | _read_by_pages() <= known


def _read_by_pages() -> set[str]:
    found: set[str] = set()
    for path, call in calls("pages"):
        name = ast.unparse(call.func)
        if name == "state.query":
            found |= set(_text(path, call.args[0]))
        elif name in {"state.set_query", "state.change_query"}:
            found |= {keyword.arg for keyword in call.keywords if keyword.arg}
    return found


def _text(path: Path, node: ast.expr) -> Iterator[str]:
    """Give the word that is written here, or what the module calls by this name."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Name):
        module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        value = getattr(module, node.id, None)
        if isinstance(value, str):
            yield value


def test_every_parameter_that_a_route_reads_has_a_case() -> None:
    read = {
        str(ast.literal_eval(call.args[0]))
        for _, call in calls("web")
        if ast.unparse(call.func).endswith("query_params.get")
    }

    assert read <= {name for case in ROUTES.values() for name in case.query}


def test_nothing_is_remembered_from_one_person_for_another() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{node.name}"
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        # To parse every file would take longer than all other tests here.
        if "cache" in (text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for mark in node.decorator_list
        if _name(mark) in CACHES
    }

    assert found == set(REMEMBERED)


def _name(mark: ast.expr) -> str:
    return ast.unparse(mark.func if isinstance(mark, ast.Call) else mark).rpartition(".")[2]


def test_no_page_leaves_a_file_where_anybody_could_fetch_it() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, call in calls("pages")
        if isinstance(call.func, ast.Attribute) and call.func.attr in FILES_FOR_ALL
    ]

    assert found == []


def test_components_are_given_their_data_in_one_place() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path, call in calls("pages")
        if ast.unparse(call.func).endswith("v2.component")
    }

    assert found == {"pages/parts.py"}
