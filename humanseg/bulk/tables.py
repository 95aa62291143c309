"""Photos in a column of a Parquet file, as data sets on the Hub have them: each row is one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from humanseg.bulk.addresses import limited, reason
from humanseg.bulk.archives import opened
from humanseg.bulk.items import Item
from humanseg.errors import HumanSegError, ImageError, printable

SUFFIX = ".parquet"
_AT_ONCE = 16  # rows: so many photos are in memory
_USUAL = re.compile("image|img|photo|picture|jpe?g|png|bytes", re.IGNORECASE)


def image_column(schema: pa.Schema, asked: str | None = None) -> str:
    """The column that holds pictures' files: binary, or the Hub's struct of `bytes` and `path`.

    Parameters
    ----------
    asked : its name, where there are several

    Raises
    ------
    HumanSegError : there is none, or it can't be told which one is meant
    """
    fitting = [field.name for field in schema if _is_binary(field.type) or _in_struct(field.type)]
    if asked is not None:
        if asked in fitting:
            return asked
        raise HumanSegError(f"There is no column {printable(asked)} with pictures: there is {_named(fitting)}.")
    usual = [name for name in fitting if _USUAL.search(name)]
    if len(fitting) == 1 or len(usual) == 1:
        return (usual if len(usual) == 1 else fitting)[0]
    if not fitting:
        raise HumanSegError(f"No column holds pictures as bytes, of {_named(schema.names)}: name another file.")
    raise HumanSegError(f"Which column holds the pictures, of {_named(fitting)}? Say it with --column.")


def _is_binary(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _in_struct(kind: pa.DataType) -> bool:
    return pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0 and _is_binary(kind.field("bytes").type)


def _named(names: list[str]) -> str:
    return ", ".join(printable(name) for name in names) or "none"


def photos_in(where: str, prefix: str, version: str, column: str | None, troubles: list[str]) -> Iterator[Item]:
    """The rows of a Parquet file, by number from 0; each can be loaded until the next one is asked for.

    Parameters
    ----------
    prefix : goes before the number to make keys
    version : of the file, and so of each of its rows
    column : that holds the pictures; found where it isn't said
    troubles : gets a sentence where the file can't be read

    Raises
    ------
    HumanSegError : no column holds pictures
    """
    try:
        with opened(where) as file, pq.ParquetFile(file, pre_buffer=False, buffer_size=1 << 20) as table:
            name = image_column(table.schema_arrow, column)
            number = 0
            for group in range(table.num_row_groups):
                rows = _Rows(table, group, name)
                for row in range(table.metadata.row_group(group).num_rows):
                    yield Item(f"{prefix}{number:08}", version, load=lambda row=row, rows=rows: rows.load(row))
                    number += 1
    except (pa.ArrowException, OSError) as error:
        troubles.append(f"{printable(where)} can't be read ({reason(error)}): fetch it again, then run again.")


class _Rows:
    """A row group, read forward a few rows at a time, and not at all until a row is asked for."""

    def __init__(self, table: pq.ParquetFile, group: int, column: str) -> None:
        self._batches = table.iter_batches(_AT_ONCE, row_groups=[group], columns=[column])
        self._batch: pa.Array = pa.array([])
        self._first = 0

    def load(self, row: int) -> bytes:
        """Raises ImageError where the row is empty."""
        while row >= self._first + len(self._batch):
            self._first += len(self._batch)
            self._batch = next(self._batches).column(0)
        value = self._batch[row - self._first].as_py()
        data = value.get("bytes") if isinstance(value, dict) else value
        if data is None:
            raise ImageError(f"Row {row} of its row group has no picture: fill it in, or leave the row out.")
        return limited(data, f"row {row}")
