"""Walking lists page by page, forward and backward, and comparing each page with what it should be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.policy.reading import Asker

PAGE = """{ totalCount nodes { id } edges { cursor node { id } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"""


def sizes(count: int) -> list[int]:
    """Sizes of pages that end with the list: before the last page one row is left, and that fills it."""
    usual = min(100, max(count - 1, 1) // 2 + 1)
    full, rest = divmod(max(count - 1, 0), usual)
    return [*[usual] * full, *([rest] if rest else []), 1]


def check_page(page: dict[str, Any], expected: list[str], start: int, size: int, *, backward: bool) -> None:
    """That the page holds `size` rows from `start` on (backward: from the end), and knows where it stands."""
    ordered = expected[::-1] if backward else expected
    ids = ordered[start : start + size]
    ids = ids[::-1] if backward else ids
    where = page["pageInfo"]
    assert [node["id"] for node in page["nodes"]] == ids
    assert [edge["node"]["id"] for edge in page["edges"]] == ids
    assert page["totalCount"] == len(expected)
    onward, back = ("hasPreviousPage", "hasNextPage") if backward else ("hasNextPage", "hasPreviousPage")
    assert (where[onward], where[back]) == (start + size < len(expected), start > 0)
    cursors = [edge["cursor"] for edge in page["edges"]]
    assert (where["startCursor"], where["endCursor"]) == ((cursors[0], cursors[-1]) if ids else (None, None))


async def walk(asker: Asker, field: str, expected: list[str], *, order: str = "", backward: bool) -> None:
    """Compare every page of the list."""
    count, beyond, cursor = ("last", "before", "startCursor") if backward else ("first", "after", "endCursor")
    document = f"query($n: Int!, $c: String) {{ {field}({count}: $n, {beyond}: $c{order}) {PAGE} }}"
    start, at = 0, None
    for size in sizes(len(expected)):
        page = (await asker.data(document, n=size, c=at))[field]
        check_page(page, expected, start, size, backward=backward)
        start, at = start + size, page["pageInfo"][cursor]


@dataclass
class NestedList:
    """The pages of a connection of every node of a type, compared."""

    asker: Asker
    listing: str
    lookup: str
    name: str
    expected: dict[str, list[str]]
    size: int
    backward: bool
    cursors: dict[str, str] = field(default_factory=dict)

    def page(self, cursor: str) -> str:
        """The selection of a page beyond the cursor."""
        count, beyond = ("last", "before") if self.backward else ("first", "after")
        return f"{self.name}({count}: {self.size}{cursor and f', {beyond}: {cursor}'}) {PAGE}"

    def check(self, id: str, page: dict[str, Any], start: int) -> None:
        """Compare a node's page, and keep where the next one begins."""
        check_page(page, self.expected[id], start, self.size, backward=self.backward)
        self.cursors.pop(id, None)
        if len(self.expected[id]) > start + self.size:
            self.cursors[id] = page["pageInfo"]["startCursor" if self.backward else "endCursor"]

    async def first_pages(self) -> None:
        """Those of all nodes, within the list of the nodes."""
        document = f"""query($after: String) {{ {self.listing}(first: 100, after: $after) {{
          nodes {{ id {self.page("")} }} pageInfo {{ endCursor }} }} }}"""
        after, left = None, len(self.expected)
        while left:
            found = (await self.asker.data(document, after=after))[self.listing]
            for node in found["nodes"]:
                self.check(node["id"], node[self.name], 0)
            after, left = found["pageInfo"]["endCursor"], left - len(found["nodes"])

    async def further_pages(self) -> None:
        """The second page of every node that has one, then the third, and so on."""
        start = self.size
        while self.cursors:
            for ids in batches(list(self.cursors), 5):
                given = {f"i{i}": id for i, id in enumerate(ids)}
                given |= {f"c{i}": self.cursors[id] for i, id in enumerate(ids)}
                declared = ", ".join(f"$i{i}: ID!, $c{i}: String" for i, _ in enumerate(ids))
                asked = [
                    f"a{i}: {self.lookup}(id: $i{i}) {{ {self.page(f'$c{i}')} }}" for i, _ in enumerate(ids)
                ]
                data = await self.asker.data(f"query({declared}) {{ {' '.join(asked)} }}", **given)
                for i, id in enumerate(ids):
                    self.check(id, data[f"a{i}"][self.name], start)
            start += self.size


def batches(values: list[str], size: int) -> Iterator[list[str]]:
    """The values, so many at a time; the first again where the last batch is not full."""
    for start in range(0, len(values), size):
        some = values[start : start + size]
        yield [*some, *[some[0]] * (size - len(some))]
