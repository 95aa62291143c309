"""axe-core, which finds what keeps people out of a page: fetched once by npm from its lock file, into the cache.

`python -m tests.browser.axe` fetches it; the tests that use it are skipped where it isn't there. It's under MPL-2.0,
and nothing of it is part of HumanSegNet.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from humanseg.cache import cache_folder
from humanseg.web.runtime import npm

NPM = Path(__file__).parent / "npm"  # package.json and the lock file, which has the integrity hashes
SCRIPT = "axe.min.js"
# WCAG 2.0 to 2.2, levels A and AA: contrast of 4.5 is one of its rules.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def find() -> Path | None:
    """The script; None where it hasn't been fetched."""
    path = _folder() / SCRIPT
    return path if path.is_file() else None


def fetch() -> Path:
    """The script, which npm fetches where it isn't there yet."""
    with tempfile.TemporaryDirectory() as work:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(NPM / name, work)
        subprocess.run([*npm(Path(work)), "ci", "--silent"], cwd=work, check=True)
        _folder().mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(work, "node_modules/axe-core", SCRIPT), _folder())
    return _folder() / SCRIPT


def faults(page: Page, script: Path, left_out: dict[str, str]) -> list[str]:
    """What axe-core finds on the page as it is now, one line each: the rule, where, and why.

    Parameters
    ----------
    left_out : selectors of what isn't looked at, and why
    """
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(script.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        """async ([rules, leftOut]) => {
          const exclude = leftOut.map((selector) => [selector]);
          const options = {runOnly: {type: "tag", values: rules}, resultTypes: ["violations"]};
          const {violations} = await axe.run({include: [["body"]], exclude}, options);
          return violations.map(({id, nodes}) =>
            ({id, nodes: nodes.map(({target, failureSummary, html}) => [target.join(" "), failureSummary, html])}));
        }""",
        [RULES, list(left_out)],
    )
    return [
        f"{one['id']}: {where}: {' '.join(why.split())[:300]} {html[:160]}"
        for one in found
        for where, why, html in one["nodes"]
    ]


def _folder() -> Path:
    lock = json.loads((NPM / "package-lock.json").read_text(encoding="utf-8"))
    return cache_folder() / "tests" / f"axe-core-{lock['packages']['node_modules/axe-core']['version']}"


if __name__ == "__main__":
    print(find() or fetch())
