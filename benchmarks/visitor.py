"""A visitor of the running page without a browser: asks what the page's own script would ask."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import requests

PATIENCE = 120  # seconds


class Visitor:
    """One load of the page, from opening to closing it; use it in a `with` block.

    Parameters
    ----------
    url : the page's address, ending in a slash
    """

    def __init__(self, url: str) -> None:
        self._page, self._api, self._session = url, f"{url}gradio_api/", requests.Session()
        self._hash = secrets.token_hex(6)
        config = self._session.get(f"{url}config", timeout=PATIENCE).json()
        self._events = {event["api_name"]: event["id"] for event in config["dependencies"]}
        self._heart: requests.Response | None = None
        self._shown = ""

    def __enter__(self) -> Visitor:
        # Stays open for as long as the page does.
        self._heart = self._session.get(f"{self._api}heartbeat/{self._hash}", stream=True, timeout=PATIENCE)
        self.ask("enter", secrets.token_hex(16), "Checkerboard", "#ffffff")
        return self

    def __exit__(self, *_: object) -> None:
        if self._heart is not None:
            self._heart.close()
        self._session.close()

    def give(self, photo: Path) -> None:
        """Drops a photo on the Photo tab and waits for its cut-out."""
        files = {"files": (photo.name, photo.read_bytes())}
        (path,) = self._session.post(f"{self._api}upload", files=files, timeout=PATIENCE).json()
        file = {"path": path, "orig_name": photo.name, "meta": {"_type": "gradio.FileData"}}
        self._shown = self.ask("take", [file], "Checkerboard", "#ffffff")[5]

    def move_edge(self, pixels: int) -> None:
        """Moves the edge of the photo that is shown."""
        self._shown, _ = self.ask("begin_repair", self._shown)
        act = {"name": secrets.token_hex(4), "do": "edge", "grow": pixels, "feather": 0}
        asked = {"load": self._hash, "photo": self._shown.partition(".")[0], "have": None, "acts": [act]}
        self._session.post(f"{self._page}web/repair", json=asked, timeout=PATIENCE).raise_for_status()
        *_, self._shown, _, _ = self.ask("end_repair", self._shown, "Checkerboard", "#ffffff")

    def download(self) -> bytes:
        """The cut-out of the photo that is shown."""
        (file,) = self.ask("download", self._shown, "PNG")
        return self._session.get(f"{self._api}file={file['path']}", timeout=PATIENCE).content

    def ask(self, event: str, *data: Any) -> list[Any]:
        """What an event of the page answers in the end.

        Raises
        ------
        RuntimeError : it failed
        """
        body = {"fn_index": self._events[event], "session_hash": self._hash, "data": list(data)}
        self._session.post(f"{self._api}queue/join", json=body, timeout=PATIENCE).raise_for_status()
        address = f"{self._api}queue/data?session_hash={self._hash}"
        last: list[Any] = []
        with self._session.get(address, stream=True, timeout=PATIENCE) as stream:
            for line in stream.iter_lines():
                if not line.startswith(b"data:"):
                    continue
                message = json.loads(line[5:])
                if message["msg"] == "process_completed":
                    output = message["output"]
                    if not message["success"]:
                        raise RuntimeError(f"{event}: {output.get('error')}")
                    return output.get("data") or last
                if message["msg"] == "process_generating":
                    last = message["output"].get("data") or last
        raise RuntimeError(f"{event}: the answer broke off")
