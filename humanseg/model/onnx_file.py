"""`model.onnx`, the network as runtimes and browsers read it: what its metadata says, and whether it may be used.

It's made from `model.safetensors` by `python -m humanseg export` (see `export.py`), and read here without PyTorch and
without the package `onnx`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from humanseg.errors import WeightsError
from humanseg.files import sha256
from humanseg.model.config import ONNX_NAME, WEIGHTS_NAME, ModelConfig, read_config

FORMAT = "1"  # raised whenever a file of an earlier form can't serve any more
ANY_SIZE = "any multiples of the stride"
PREFIX = "humanseg."
INPUT, OUTPUT = "pixels", "alpha"
LOGITS = "logits"  # the tensor's name inside, where a decoder that stops early is enlarged to the output's size

# Numbers of protobuf fields (onnx.proto3): of a model its metadata, of an entry its key and its value.
_METADATA, _KEY, _VALUE = 14, 1, 2
_CHECKSUM = f"{PREFIX}sha256"


@dataclass(frozen=True)
class OnnxFile:
    """A whole file of ours.

    Attributes
    ----------
    content : the file's bytes
    metadata : by key without the prefix: `input` and `output` in words, `mean` and `std` as JSON, `stride`, `size`,
        `network` as JSON, `weights_sha256` of the `model.safetensors` that it was made from, `sha256` of its own
        bytes before that last entry
    """

    content: bytes
    metadata: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> OnnxFile:
        """Reads a file and checks that it's whole.

        Raises
        ------
        WeightsError : it's missing or damaged, or `export` didn't write it
        """
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise WeightsError(f"There is no {path}: make it with `python -m humanseg export`.") from error
        except OSError as error:
            raise WeightsError(f"{path} can't be read ({error.strerror}): {_remedy(path)}.") from error
        return cls.parse(content, path)

    @classmethod
    def parse(cls, content: bytes, path: Path) -> OnnxFile:
        """As `read`, for bytes; `path` is for the sentence."""
        try:
            metadata = _metadata(content)
        except (ValueError, IndexError) as error:
            raise WeightsError(f"{path} isn't a whole ONNX file ({error}): {_remedy(path)}.") from error
        own = {key.removeprefix(PREFIX): value for key, value in metadata.items() if key.startswith(PREFIX)}
        if own.get("format") != FORMAT:
            raise WeightsError(f"{path} isn't of the form that this version reads: {_remedy(path)}.")
        before = content[: len(content) - len(checksum_entry(b""))]
        if content[len(before) :] != checksum_entry(before):
            raise WeightsError(f"{path} is damaged (its checksum is wrong): {_remedy(path)}.")
        return cls(content, own)

    @property
    def weights_sha256(self) -> str:
        return self.metadata["weights_sha256"]

    @property
    def sha256(self) -> str:
        return self.metadata["sha256"]


def check_belongs(file: OnnxFile, folder: Path) -> None:
    """Checks that a file is of the weights in a folder: those in `model.safetensors` where that's there, as configured.

    Raises
    ------
    WeightsError : it's of other weights, of another configuration, or for one size of photo alone
    """
    weights = folder / WEIGHTS_NAME
    problem = None
    if file.metadata.get("size") != ANY_SIZE:
        problem = "takes photos of one size alone"
    elif any(file.metadata.get(key) != value for key, value in described(read_config(folder)).items()):
        problem = "doesn't belong to the config.json beside it"
    elif weights.is_file() and sha256(weights) != file.weights_sha256:
        problem = f"doesn't belong to the {WEIGHTS_NAME} beside it"
    if problem:
        raise WeightsError(f"{folder / ONNX_NAME} {problem}: {_remedy(folder / ONNX_NAME)}.")


def described(config: ModelConfig) -> dict[str, str]:
    """What the metadata repeats of the configuration; a file in which these differ gives other alphas."""
    network = dict(zip(ModelConfig.ARCHITECTURE, config.architecture, strict=True))
    return {
        "mean": json.dumps(config.mean),
        "std": json.dumps(config.std),
        "stride": str(config.stride),
        "network": json.dumps(network),
    }


def metadata_entry(key: str, value: str) -> bytes:
    """One entry of a model's metadata in protobuf, which may be appended to a model's bytes."""
    pair = _field(_KEY, key.encode()) + _field(_VALUE, value.encode())
    return _field(_METADATA, pair)


def checksum_entry(content: bytes) -> bytes:
    """The last entry of a file, always of the same length: the checksum of all that comes before."""
    return metadata_entry(_CHECKSUM, hashlib.sha256(content).hexdigest())


def _remedy(path: Path) -> str:
    return f"make it anew with `python -m humanseg export --model {path.parent}`, or fetch it again"


def _metadata(content: bytes) -> dict[str, str]:
    entries = {}
    for number, value in _fields(memoryview(content)):
        if number == _METADATA:
            pair = dict(_fields(value))
            entries[bytes(pair.get(_KEY, b"")).decode()] = bytes(pair.get(_VALUE, b"")).decode()
    return entries


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and content of each field of a protobuf message that has a length; others are skipped."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == 0:
            _, at = _varint(data, at)
        elif kind == 2:
            length, at = _varint(data, at)
            if length > len(data) - at:
                raise ValueError("it was cut short")
            yield tag >> 3, data[at : at + length]
            at += length
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError("it isn't protobuf")


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 64:
        byte = data[at] if at < len(data) else -1
        if byte < 0:
            raise ValueError("it was cut short")
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    raise ValueError("it isn't protobuf")


def _field(number: int, value: bytes) -> bytes:
    """A field with a length, in protobuf."""
    return bytes([number << 3 | 2]) + _length(len(value)) + value


def _length(length: int) -> bytes:
    digits = []
    while length > 127:
        digits.append(length & 127 | 128)
        length >>= 7
    return bytes([*digits, length])
