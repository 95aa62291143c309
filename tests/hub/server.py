"""A Hub on loopback: the addresses that downloads and uploads ask for, over real HTTP, and with faults at will."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

LARGE = (".safetensors", ".onnx", ".bin", ".jpg", ".png")  # what the Hub keeps in its large file storage
TOKEN = "hf_letmein"


def commit_number(number: int) -> str:
    """The name of the nth commit of a repository."""
    return f"{number:040x}"


def git_checksum(content: bytes) -> str:
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()


def stated_checksum(name: str, content: bytes) -> str:
    return hashlib.sha256(content).hexdigest() if name.endswith(LARGE) else git_checksum(content)


@dataclass
class Repository:
    """One model or Space: a line of commits, each with all files; `refs` says where branches and tags are."""

    commits: list[dict[str, bytes]] = field(default_factory=lambda: [{".gitattributes": b""}])
    refs: dict[str, int] = field(default_factory=lambda: {"main": 0})
    private: bool = False
    messages: list[str] = field(default_factory=list)

    def number_of(self, revision: str) -> int | None:
        names = {commit_number(number): number for number in range(len(self.commits))}
        return self.refs.get(revision, names.get(revision))

    @property
    def files(self) -> dict[str, bytes]:
        return self.commits[self.refs["main"]]

    def commit(self, files: dict[str, bytes | None], message: str = "") -> str:
        """A further commit on main, with these files changed, or removed where they are None."""
        changed = {**self.files, **files}
        self.commits.append({name: content for name, content in changed.items() if content is not None})
        self.refs["main"] = len(self.commits) - 1
        self.messages.append(message)
        return commit_number(self.refs["main"])


@dataclass
class Fault:
    """What goes wrong with the next requests whose method and path fit."""

    path: str
    method: str = "GET"
    times: int = 1
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None  # sent in place of the file, under what is stated of the file
    after: int = 0  # bytes of the body that are sent before it
    then: str = ""  # stall, cut or reset


class HubServer:
    """Starts at once; `close` ends it. `requests` are those that were answered, as (method, path, headers)."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}  # by `user/name`, `spaces/user/name`
        self.moved: dict[str, str] = {}
        self.large: dict[str, bytes] = {}
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.going_on = threading.Event()  # ends what is stalled
        self.barrier: threading.Barrier | None = None  # where those who look a model up wait for each other
        self.waits: list[float] = []  # pauses that the client was to make, where a test has it make none

        class Handler(_Handler):
            hub = self

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        port = self._http.server_port
        # Large files are served from another host, which must not be given the token.
        self.url, self.storage = f"http://127.0.0.1:{port}", f"http://localhost:{port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.going_on.set()
        self._http.shutdown()
        self._http.server_close()

    def add(self, name: str, files: dict[str, bytes], *, private: bool = False) -> Repository:
        """A repository with these files in its second commit."""
        self.repositories[name] = Repository(private=private)
        self.repositories[name].commit(files)
        return self.repositories[name]

    def fail(self, path: str, **what: Any) -> None:
        """Lets something go wrong with the next request whose path has this regular expression in it: see `Fault`."""
        self.faults.append(Fault(path, **what))

    def paths(self, method: str) -> list[str]:
        return [path for asked, path, _ in self.requests if asked == method]

    def fault_of(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and fault.method == method and re.search(fault.path, path):
                fault.times -= 1
                return fault
        return None


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"
    error_code: str = ""

    def log_message(self, *_: Any) -> None:
        pass

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:  # the client has had enough
            self.close_connection = True

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.hub.requests.append((self.command, path, dict(self.headers)))
        self.fault = self.hub.fault_of(self.command, path)
        if self.fault and self.fault.status:
            return self._send(b"", self.fault.status, self.fault.headers)
        for pattern, method in _ROUTES:
            verb, _, shape = pattern.partition(" ")
            if self.command in verb.split("|") and (found := re.fullmatch(shape, path)):
                return method(self, *found.groups())
        self._send(b"{}", 404)

    do_GET = do_HEAD = do_POST = do_PUT = _answer

    def _send(self, content: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        then = self.fault.then if self.fault else ""
        self.wfile.write(content[: self.fault.after] if then else content)
        if then == "stall":
            self.hub.going_on.wait(20)
        if then == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        if then:
            self.close_connection = True

    def _json(self, content: Any) -> None:
        self._send(json.dumps(content).encode(), 200, {"Content-Type": "application/json"})

    def _repository(self, name: str, *, to_write: bool = False) -> Repository | None:
        """The repository of a request, or None once the request has been refused."""
        name = name.removeprefix("models/")
        token = self.headers.get("Authorization", "")
        if token not in ("", f"Bearer {TOKEN}"):
            return self._send(b"", 401, {"X-Error-Message": "Invalid credentials in Authorization header"})
        repository = self.hub.repositories.get(name)
        if name in self.hub.moved:
            return self._send(b"", 307, {"Location": self.path.replace(name, self.hub.moved[name])})
        if repository is None or (not token and (repository.private or to_write)):
            return self._send(b"", 401, {"X-Error-Code": "RepoNotFound"})
        return repository

    def _at(self, name: str, revision: str) -> tuple[int, dict[str, bytes]] | None:
        repository = self._repository(name)
        if repository is None:
            return None
        number = repository.number_of(revision)
        if number is None:
            return self._send(b"", 404, {"X-Error-Code": "RevisionNotFound"})
        return number, repository.commits[number]

    def about(self, name: str, revision: str | None) -> None:
        found = self._at(name, revision or "main")
        if self.hub.barrier is not None:
            self.hub.barrier.wait(60)
        if found:
            number, files = found
            siblings = [_described(file, content) for file, content in files.items()]
            about = {"id": name.removeprefix("models/"), "sha": commit_number(number), "siblings": siblings}
            card = files.get("README.md", b"").decode().split("---\n")
            about["cardData"] = yaml.safe_load(card[1]) if len(card) > 2 else None
            about["private"] = self.hub.repositories[about["id"]].private
            self._json(about)

    def tree(self, name: str, revision: str) -> None:
        found = self._at(name, revision)
        if found:
            self._json([_entry(path, content) for path, content in found[1].items()])

    def file(self, name: str, revision: str, file: str) -> None:
        found = self._at(name, revision)
        if not found:
            return
        headers = {"X-Repo-Commit": commit_number(found[0])}
        if file not in found[1]:
            return self._send(b"", 404, headers | {"X-Error-Code": "EntryNotFound"})
        content = found[1][file]
        etag = stated_checksum(file, content)
        if not file.endswith(LARGE):
            return self._send(self._content(content), 200, headers | {"ETag": f'"{etag}"'})
        self.hub.large[etag] = content
        headers |= {"X-Linked-ETag": f'"{etag}"', "X-Linked-Size": str(len(content))}
        self._send(b"", 302, headers | {"Location": f"{self.hub.storage}/storage/{etag}/{file}"})

    def stored(self, etag: str, file: str) -> None:
        assert "Authorization" not in self.headers, "another host was given the token"
        content = self._content(self.hub.large[etag])
        start = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if start is None:
            return self._send(content)
        begin = int(start[1])
        self._send(content[begin:], 206, {"Content-Range": f"bytes {begin}-{len(content) - 1}/{len(content)}"})

    def _content(self, promised: bytes) -> bytes:
        return promised if self.fault is None or self.fault.content is None else self.fault.content

    def whoami(self) -> None:
        self._json({"name": "somebody", "type": "user", "orgs": [], "auth": {"type": "access_token"}})

    def create(self) -> None:
        asked = json.loads(self.sent)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._send(b"", 401, {"X-Error-Message": "Invalid username or password."})
        name = f"{asked.get('organization') or 'somebody'}/{asked['name']}"
        kind = "spaces/" if asked.get("type") == "space" else ""
        if kind + name in self.hub.repositories:
            there = {"error": "You already created this repo", "url": f"{self.hub.url}/{kind}{name}"}
            return self._send(json.dumps(there).encode(), 409)
        self.hub.repositories[kind + name] = Repository(private=asked.get("visibility") == "private")
        self._json({"url": f"{self.hub.url}/{kind}{name}"})

    def check_card(self) -> None:
        self._json({"errors": [], "warnings": []})

    def before_upload(self, name: str, revision: str) -> None:
        repository = self._repository(name, to_write=True)
        if repository is not None:
            answers = []
            for file in json.loads(self.sent)["files"]:
                there = repository.files.get(file["path"])
                answer = {"path": file["path"], "shouldIgnore": False}
                answer["uploadMode"] = "lfs" if file["path"].endswith(LARGE) else "regular"
                answers.append(answer | ({} if there is None else {"oid": stated_checksum(file["path"], there)}))
            self._json({"files": answers})

    def batch(self, name: str) -> None:
        if self._repository(name, to_write=True) is None:
            return
        objects = []
        for asked in json.loads(self.sent)["objects"]:
            action = {"upload": {"href": f"{self.hub.storage}/storage/{asked['oid']}", "header": {}}}
            objects.append(asked if asked["oid"] in self.hub.large else asked | {"actions": action})
        self._json({"transfer": "basic", "objects": objects})

    def store(self, etag: str) -> None:
        assert hashlib.sha256(self.sent).hexdigest() == etag
        self.hub.large[etag] = self.sent
        self._send(b"")

    def commit(self, name: str, revision: str) -> None:
        repository = self._repository(name, to_write=True)
        if repository is None:
            return
        message, files = "", {}
        for line in self.sent.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "header":
                message = value["summary"]
            elif entry["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                files[value["path"]] = self.hub.large[value["oid"]]
            elif entry["key"] == "deletedFile":
                files[value["path"]] = None
        oid = repository.commit(files, message)
        url = f"{self.hub.url}/{name.removeprefix('models/')}/commit/{oid}"
        self._json({"success": True, "commitOid": oid, "commitUrl": url, "hookOutput": ""})


def _described(name: str, content: bytes) -> dict[str, Any]:
    about = {"rfilename": name, "size": len(content), "blobId": git_checksum(content)}
    if name.endswith(LARGE):
        about["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
    return about


def _entry(path: str, content: bytes) -> dict[str, Any]:
    return {"type": "file", "path": path, "size": len(content), "oid": git_checksum(content)}


_NAME = r"((?:models/|spaces/)?[^/]+/[^/]+)"
_ROUTES = [
    (rf"GET /api/{_NAME}/tree/(.+)", _Handler.tree),
    (rf"GET /api/{_NAME}(?:/revision/(.+))?", _Handler.about),
    (r"GET|HEAD /((?:spaces/)?[^/]+/[^/]+)/resolve/(.+?)/([^/]+)", _Handler.file),
    (r"GET|HEAD /storage/([^/]+)/(.+)", _Handler.stored),
    (r"GET /api/whoami-v2", _Handler.whoami),
    (r"POST /api/repos/create", _Handler.create),
    (r"POST /api/validate-yaml", _Handler.check_card),
    (rf"POST /api/{_NAME}/preupload/(.+)", _Handler.before_upload),
    (rf"POST /api/{_NAME}/commit/(.+)", _Handler.commit),
    (rf"POST /{_NAME}\.git/info/lfs/objects/batch", _Handler.batch),
    (r"PUT /storage/([^/]+)", _Handler.store),
]
