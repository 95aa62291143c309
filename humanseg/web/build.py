"""The static page: every file of it, by its path."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

from humanseg.errors import HumanSegError
from humanseg.hub.find import find_weights, models_named
from humanseg.hub.licence import licence_of
from humanseg.hub.space import ISOLATION
from humanseg.model.config import ONNX_NAME, read_config
from humanseg.web import showcase
from humanseg.web.site import LIVE, PHOTO, Content, Site, checksum, places

PAGE = Path(__file__).parent / "page"
EXAMPLES = Path(__file__).parents[1] / "ui" / "examples"
# With an ending, or hosts would have browsers save them rather than show them.
LICENCE, TERMS = "LICENSE.txt", "WEIGHTS-LICENSE.txt"
# Files for the host, which no visitor's browser has to keep.
HOST_ONLY = ("sw.js", "_headers")
# Folders whose paths change with what is in them.
LASTING = ("runtime", "models")
_LISTED = 16  # hexadecimal digits of a checksum in the service worker: 64 bits


def contents(engine: dict[str, Content], licence: bytes | None = None) -> dict[str, Content]:
    """The static page's files by their path, with `/` between folders.

    Parameters
    ----------
    engine : the files of the browser's engine, with runtime and weights (`site.Site.files`)
    licence : the terms of the weights, where there are any beside them
    """
    files: dict[str, Content] = dict(engine)
    files |= {_below(path, PAGE): path for path in sorted(PAGE.rglob("*")) if path.is_file()}
    files |= {f"places/{path.name}": path for path in places()}
    files |= {f"examples/{path.name}": path for path in sorted(EXAMPLES.glob("*.jpg"))}
    files[LICENCE] = _licence().read_bytes()
    if licence is not None:
        files[TERMS] = licence
    files["index.html"] = _index(files).encode()
    files["_headers"] = _headers().encode()
    files["sw.js"] = _service_worker(files).encode()
    return files


def _below(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _licence() -> Path:
    package = Path(__file__).resolve().parents[1]
    for path in (package.parent / "LICENSE", *package.parent.glob("humansegnet-*.dist-info/licenses/LICENSE")):
        if path.is_file():
            return path
    raise HumanSegError(f"The project's LICENSE is missing beside {package}: install it again, or use a clone.")


def _index(files: dict[str, Content]) -> str:
    """The page with its pictures named in it."""
    backgrounds, examples = (
        [path for path in sorted(files) if path.startswith(folder)] for folder in ("places/", "examples/")
    )
    parts = {
        "places": "\n".join(
            f'<label><input type="radio" name="place" value="{path}" aria-label="{_name(path)}" />'
            f'<img src="{path}" alt="" loading="lazy" title="{_name(path)}" /></label>'
            for path in backgrounds
        ),
        "examples": "\n".join(
            f'<button aria-label="Cut out the example {_name(path)}"><img src="{path}" alt="" /></button>'
            for path in examples
        ),
        "showcase": showcase.html("showcase/"),
        "weights": 'The <a href="WEIGHTS-LICENSE.txt">weights</a> have terms of their own.' if TERMS in files else "",
    }
    page = (PAGE / "index.html").read_text(encoding="utf-8")
    for name, part in parts.items():
        page = page.replace(f"<!-- {name} -->", part)
    return page


def _name(path: str) -> str:
    return escape(Path(path).stem.replace("-", " ").capitalize())


def _headers() -> str:
    """For hosts that read their headers from a file (Netlify, Cloudflare Pages): threads at the first visit already."""
    isolation = "".join(f"  {name.title()}: {value}\n" for name, value in ISOLATION.items())
    lasting = "".join(f"/{folder}/*\n  Cache-Control: public, max-age=31536000, immutable\n" for folder in LASTING)
    return f"/*\n{isolation}{lasting}"


def _service_worker(files: dict[str, Content]) -> str:
    """The service worker with the checksum of every file that it keeps."""
    kept = {path: checksum(content)[:_LISTED] for path, content in sorted(files.items()) if path not in HOST_ONLY}
    script = (PAGE / "sw.js").read_text(encoding="utf-8")
    listed = json.dumps(kept, indent=2)
    return script.replace("/** @type {Record<string, string>} */ ({})", listed, 1)


def length(content: Content) -> int:
    """The size of a file that's to be written, in bytes."""
    return content.stat().st_size if isinstance(content, Path) else len(content)


def parts(files: dict[str, Content]) -> dict[str, int]:
    """The page's parts with their sizes in bytes."""
    named = {"runtime": "runtimes", "models": "weights", "places": "places", "examples": "example photos"}
    sizes = dict.fromkeys([*named.values(), "the page itself"], 0)
    for path, content in files.items():
        sizes[named.get(path.partition("/")[0], "the page itself")] += length(content)
    return sizes


def page(model: str | None = None, live_model: str | None = None) -> dict[str, Content]:
    """The whole static page with these weights, or with those that ship.

    Raises
    ------
    HumanSegError : the runtime can't be fetched, or there are no such weights
    """
    photos, live = models_named(model, live_model)
    site = Site({PHOTO: photos, LIVE: live})
    return contents(site.files(), terms((photos, live)))


def terms(models: Sequence[str]) -> bytes | None:
    """The terms of weights that their training sets ask for; None where there are none.

    Raises
    ------
    HumanSegError : there are no such weights
    """
    texts = (licence_of(read_config(find_weights(model, needs=ONNX_NAME))).text for model in models)
    return next((text.encode() for text in texts if text), None)
