"""What Hugging Face does for a Space, on loopback: runs its folder, adds headers, and shows it in a frame."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import requests
import uvicorn
import yaml
from huggingface_hub import hf_hub_download
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, StreamingResponse
from starlette.routing import Route

PORT = 7860
USER = 1000  # that Spaces run as
SECONDS = 120  # for a start on a machine that has more to do
METHODS = ["GET", "HEAD", "POST"]
# As the Hub's own page frames a Space.
FRAME = """<!doctype html><title>Space</title><iframe src="{address}" style="width: 100%; height: 95vh"
allow="camera; clipboard-read; clipboard-write; cross-origin-isolated; fullscreen; microphone"
sandbox="allow-downloads allow-forms allow-modals allow-pointer-lock allow-popups
allow-popups-to-escape-sandbox allow-same-origin allow-scripts allow-storage-access-by-user-activation"></iframe>"""


def front_matter(folder: Path) -> dict:
    """The front matter of a Space's README.md."""
    return yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---\n")[1])


def preload(folder: Path, cache: Path, hub: str) -> None:
    """Fetches what a Space's front matter asks for, as is done while a Space is built."""
    for line in front_matter(folder)["preload_from_hub"]:
        repository, files, commit = line.split()
        for file in files.split(","):
            hf_hub_download(repository, file, revision=commit, cache_dir=cache, endpoint=hub)


class RunningPage:
    """A page that is run by another user than the one who put it there, and so can't change its own files.

    Attributes
    ----------
    address : ending in a slash
    process : what runs it
    """

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        port = free_port()
        if port != PORT:
            environment = environment | {"GRADIO_SERVER_PORT": str(port)}
        self.folder, self.environment = folder, environment
        self.address = f"http://127.0.0.1:{port}/"
        self.process = subprocess.Popen(
            [*as_user(command[0]), *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    def wait(self) -> None:
        """Returns once the page answers."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log()
            try:
                if requests.get(f"{self.address}config", timeout=5).ok:
                    return
            except requests.RequestException:
                time.sleep(0.1)
        raise AssertionError(f"no answer within {SECONDS} s: {self.log()}")

    def log(self) -> str:
        """What it has printed."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def end(self) -> int:
        """Ends it as a Space is ended; gives the exit status."""
        self.process.terminate()
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()


@contextmanager
def running_space(folder: Path, python: str, hub_cache: Path, **environment: str) -> Iterator[RunningPage]:
    """A Space's folder, run in the surroundings that Spaces have, with what was preloaded; ready to be asked."""
    home = Path(tempfile.mkdtemp(prefix="humanseg-space-home-"))
    shutil.copytree(hub_cache, home / ".cache" / "huggingface" / "hub", symlinks=True)
    hand_over(home)
    names = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SYSTEM": "spaces",
        "SPACE_ID": "somebody/cut-out",
        "SPACE_HOST": "somebody-cut-out.hf.space",
        "CPU_CORES": "2",
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_NUM_PORTS": "1",
        "GRADIO_THEME": "huggingface",
        "HF_HUB_OFFLINE": "1",  # what isn't preloaded isn't there
    }
    page = RunningPage([python, front_matter(folder)["app_file"]], folder, names | environment)
    try:
        page.wait()
        yield page
    finally:
        page.end()
        shutil.rmtree(home, ignore_errors=True)


def hand_over(folder: Path) -> None:
    """Makes a folder and all in it that user's own."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, USER, USER, follow_symlinks=False)


def as_user(python: str) -> list[str]:
    """What to put before a command so that root runs it as somebody who can't write what is root's.

    Root's Python may lie where others can't read it; then they may read everything.
    """
    if os.geteuid() != 0:
        return []
    user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
    reading = [f"--{kind}-caps=-all,+dac_read_search" for kind in ("inh", "ambient")]
    for command in (user, [*user, *reading]):
        if (
            subprocess.run([*command, "env", "-i", python, "-c", "import encodings"], capture_output=True).returncode
            == 0
        ):
            return command
    raise AssertionError(f"{python} can't be run by anybody but root: make the environment where others can read it")


def free_port() -> int:
    """The usual port, or another one where that is in use."""
    for port in (PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                continue  # somebody else's page
            return probe.getsockname()[1]
    raise AssertionError("no free port")


@contextmanager
def proxied(address: str, headers: dict[str, str]) -> Iterator[str]:
    """A reverse proxy before a page, which puts more headers on each answer: its address, ending in a slash."""
    client = httpx.AsyncClient(base_url=address, timeout=None, trust_env=False)

    async def forward(request: Request) -> StreamingResponse:
        sent = {name: value for name, value in request.headers.items() if name not in ("host", "connection")}
        sent |= {"x-forwarded-host": request.url.netloc, "x-forwarded-proto": "http"}
        question = client.build_request(
            request.method, f"{request.url.path}?{request.url.query}", headers=sent, content=request.stream()
        )
        answer = await client.send(question, stream=True)
        return StreamingResponse(
            answer.aiter_raw(),
            answer.status_code,
            dict(answer.headers) | headers,
            background=BackgroundTask(answer.aclose),
        )

    with _serving(Route("/{path:path}", forward, methods=METHODS)) as own:
        yield own


@contextmanager
def framed(address: str, headers: dict[str, str]) -> Iterator[str]:
    """A page of another site that shows a Space in a frame: its address."""

    def show(request: Request) -> HTMLResponse:
        return HTMLResponse(FRAME.format(address=address), headers=headers)

    with _serving(Route("/", show)) as own:
        # Another port of the same host would be another origin, but the same site, and its cookies no third party's.
        yield own.replace("127.0.0.1", "localhost")


@contextmanager
def _serving(route: Route) -> Iterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=[route]), log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            server.should_exit = server.force_exit = True
            thread.join(10)
