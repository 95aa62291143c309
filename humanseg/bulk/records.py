"""The records of a run: Parquet parts below the target, each written whole or not at all, by one process alone.

A part is named after the time of its writing. Of two records of one photo the later one counts; merging, when a run is
done and before the next one begins, leaves one. Any tool reads them: `pyarrow.parquet.read_table("TARGET/_records")`.
"""

from __future__ import annotations

import io
import json
import secrets
import time
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from humanseg.bulk.items import Outcome
from humanseg.bulk.names import RECORDS, identity
from humanseg.bulk.places import LocalPlace, RemotePlace
from humanseg.errors import HumanSegError, printable

SCHEMA = pa.schema(
    [
        ("source", pa.string()),  # the key, with what can't be printed escaped
        ("target", pa.string()),
        ("checksum", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("person_found", pa.bool_()),
        ("confidence", pa.float32()),
        ("doubtful", pa.bool_()),
        ("seconds", pa.float32()),
        ("error", pa.string()),
        ("version", pa.string()),
        ("made_with", pa.string()),
        ("finished", pa.timestamp("us", "UTC")),
        ("id", pa.binary(16)),
    ]
)
MERGED_ROWS = 10_000  # of a merged part: some 2 MB
MOST_WAITING = 2_000  # records that are kept before they are written
_REPLACES, _MERGED = b"humanseg.replaces", "-merged.parquet"


class Records:
    """Takes outcomes and writes parts, as often as costs little: what a kill loses is done again.

    Parameters
    ----------
    made_with : fingerprint of weights and options
    clock : seconds, as `time.monotonic` gives them
    """

    def __init__(
        self, place: LocalPlace | RemotePlace, made_with: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._place, self._made_with, self._clock = place, made_with, clock
        self._started = self._written = clock()
        self._waiting: list[dict] = []

    def add(self, outcome: Outcome) -> None:
        """Keeps a record, and writes those kept when it's time: a second at first, later 2 % of the time so far.

        Raises
        ------
        PlaceError : they can't be written
        """
        self._waiting.append(
            {
                "source": printable(outcome.key),
                "target": outcome.target or None,
                **{name: getattr(outcome, name) for name in ("checksum", "width", "height", "person_found")},
                **{name: getattr(outcome, name) for name in ("confidence", "doubtful", "seconds", "version")},
                "error": printable(outcome.error),
                "made_with": self._made_with,
                "finished": int(time.time() * 1e6),
                "id": identity(outcome.key),
            }
        )
        now = self._clock()
        if (
            now - self._written >= min(60.0, max(1.0, 0.02 * (now - self._started)))
            or len(self._waiting) >= MOST_WAITING
        ):
            self.write()

    def write(self) -> None:
        """Writes the records kept so far, if there are any.

        Raises
        ------
        PlaceError : they can't be written
        """
        if self._waiting:
            _put(self._place, pa.Table.from_pylist(self._waiting, SCHEMA))
            self._waiting = []
        self._written = self._clock()


def _put(place: LocalPlace | RemotePlace, table: pa.Table, replaces: Sequence[str] = ()) -> None:
    stream = io.BytesIO()
    table = table.replace_schema_metadata({_REPLACES: json.dumps(replaces)} if replaces else None)
    pq.write_table(table, stream, compression="zstd")
    ending = _MERGED if replaces else ".parquet"
    place.put(f"{RECORDS}/part-{time.time_ns():020}-{secrets.token_hex(4)}{ending}", stream.getvalue())


def parts(place: LocalPlace | RemotePlace) -> list[str]:
    """The names of the parts below the target, from the oldest to the newest."""
    return [f"{RECORDS}/{name}" for name in place.records() if name.startswith("part-") and name.endswith(".parquet")]


def read(place: LocalPlace | RemotePlace, name: str, columns: list[str] | None = None) -> pa.Table:
    """One part.

    Raises
    ------
    HumanSegError : it isn't one of ours, or is damaged
    """
    try:
        return pq.read_table(io.BytesIO(place.get(name)), columns=columns)
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise HumanSegError(
            f"The records {printable(name)} can't be read ({printable(error)}): fetch them again, or remove them, and "
            "what they were about is done again."
        ) from error


class Index:
    """What is known of each photo: 81 bytes of memory for each.

    Parameters
    ----------
    made_with : fingerprint of weights and options; results made with others don't count
    """

    def __init__(self, place: LocalPlace | RemotePlace, made_with: str) -> None:
        columns = ["id", "version", "checksum", "error", "made_with", "finished"]
        rows = [_compact(read(place, name, columns), made_with) for name in parts(place)]
        known = np.concatenate([np.empty(0, _ROW), *rows])
        del rows
        latest = _latest_of(known["id"], known["finished"])
        self._known = known[latest[known["good"][latest]]]
        self._ids = np.ascontiguousarray(self._known["id"])

    def __len__(self) -> int:
        return len(self._known)

    def good(self, key: str) -> tuple[bytes, str] | None:
        """Digest of the version, and the checksum, of the photo that there is a good result of; None without one."""
        wanted = np.array(identity(key), self._ids.dtype)  # without zeros at its end, as those it's compared with
        at = int(np.searchsorted(self._ids, wanted))
        if at == len(self._ids) or self._ids[at] != wanted:
            return None
        row = self._known[at]
        return row["version"].tobytes(), row["checksum"].tobytes().hex()


# `S` takes comparison and sorting; the zeros at the end that it drops are the same for all 16 bytes of equal ids.
_ROW = np.dtype([("id", "S16"), ("version", "V8"), ("checksum", "V32"), ("good", "?"), ("finished", "i8")])


def version_digest(version: str) -> bytes:
    """8 bytes that stand for a version."""
    return identity(version)[:8]


def _compact(table: pa.Table, made_with: str | None = None) -> np.ndarray:
    """The rows in few bytes: `id` and `finished`, and the rest where `made_with` is given."""
    rows = np.zeros(len(table), _ROW)
    rows["id"] = _fixed(b"".join(table["id"].to_pylist()), 16, "S")
    rows["finished"] = table["finished"].cast(pa.int64()).to_numpy()
    if made_with is not None:
        rows["version"] = _fixed(b"".join(map(version_digest, table["version"].to_pylist())), 8, "V")
        checksums = (text or "0" * 64 for text in table["checksum"].to_pylist())
        rows["checksum"] = _fixed(bytes.fromhex("".join(checksums)), 32, "V")
        rows["good"] = pc.and_(pc.equal(table["error"], ""), pc.equal(table["made_with"], made_with)).to_numpy()
    return rows


def _fixed(data: bytes, size: int, kind: str) -> np.ndarray:
    return np.frombuffer(data, f"{kind}{size}")


def merge(place: LocalPlace | RemotePlace, most_parts: int = 1, versions: dict[bytes, str] | None = None) -> None:
    """Makes few parts of many, and leaves of each photo its latest record; nothing is lost if that is cut short.

    Parameters
    ----------
    most_parts : nothing is done where there are no more than so many
    versions : by id, of photos that turned out to be the same in another version

    Raises
    ------
    HumanSegError : a part can't be read or written
    """
    _finish(place)
    names = parts(place)
    if len(names) <= most_parts and not versions:
        return
    tables, sources = [], []
    for name, kept in zip(names, _latest(place, names), strict=True):
        whole = read(place, name)
        table = _with_versions(whole, versions or {})
        if table is whole and kept.all() and len(whole) >= MERGED_ROWS:
            continue
        tables.append(table.filter(pa.array(kept)))
        sources.append(name)
        if sum(map(len, tables)) >= MERGED_ROWS:
            _replace(place, tables, sources)
            tables, sources = [], []
    _replace(place, tables, sources)


def _replace(place: LocalPlace | RemotePlace, tables: list[pa.Table], sources: list[str]) -> None:
    if sources:
        _put(place, pa.concat_tables(tables), sources)
        for name in sources:
            place.remove(name)


def _finish(place: LocalPlace | RemotePlace) -> None:
    """Removes what a merging that was cut short has already merged."""
    names = parts(place)
    for name in names:
        if name.endswith(_MERGED):
            metadata = pq.read_schema(io.BytesIO(place.get(name))).metadata or {}
            for old in json.loads(metadata.get(_REPLACES, b"[]")):
                if old in names:
                    place.remove(old)


def _latest(place: LocalPlace | RemotePlace, names: list[str]) -> list[np.ndarray]:
    """For each part, which of its rows is the latest about its photo."""
    rows = [_compact(read(place, name, ["id", "finished"])) for name in names]
    lengths = list(map(len, rows))
    ids, finished = (np.concatenate([each[column] for each in rows]) for column in ("id", "finished"))
    kept = np.zeros(len(ids), bool)
    kept[_latest_of(ids, finished)] = True
    return np.split(kept, np.cumsum(lengths)[:-1])


def _latest_of(ids: np.ndarray, finished: np.ndarray) -> np.ndarray:
    """Where the latest row of each id is, in the order of the ids."""
    order = np.lexsort((finished, ids))
    ordered = ids[order]
    return order[np.append(ordered[1:] != ordered[:-1], np.ones(min(1, len(ids)), bool))]


def _with_versions(table: pa.Table, versions: dict[bytes, str]) -> pa.Table:
    """The table with the new versions of its photos; itself where it has none of them."""
    ids = table["id"].to_pylist()
    if not versions.keys() & set(ids):
        return table
    column = [versions.get(id, version) for id, version in zip(ids, table["version"].to_pylist(), strict=True)]
    return table.set_column(table.schema.get_field_index("version"), "version", pa.array(column, pa.string()))
