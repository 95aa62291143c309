"""Markdown, as far as reports and model cards need it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; a cell of "" stays empty."""
    lines = (head, ["---"] * len(head), *rows)
    return "\n".join("|".join(("", *(f" {cell} " if cell != "" else " " for cell in line), "")) for line in lines)
