"""What a Static Space of the page holds besides the page itself: its README.md, with what the Hub wants to know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from humanseg.hub.space import ISOLATION, as_yaml

LICENCE = "LICENSE.txt"  # of the code, as the page has it


def front_matter(models: Sequence[str], terms: str | None) -> dict[str, Any]:
    """What the Hub wants to know of a Static Space, which runs nothing: it hands the page's files out.

    Parameters
    ----------
    models : those of its weights that are on the Hub
    terms : the file with the terms of the weights, where their training sets ask for any
    """
    named = "research-and-demonstration" if terms else "unlicensed"
    return {
        "title": "HumanSegNet",
        "emoji": "✂️",
        "colorFrom": "indigo",
        "colorTo": "pink",
        "sdk": "static",
        "app_file": "index.html",
        "pinned": False,
        "short_description": "Cut people out of photos, in your own browser",  # at most 60 characters
        "tags": ["background-removal", "image-segmentation", "matting", "webcam"],
        **({"models": list(models)} if models else {}),
        "custom_headers": ISOLATION,
        "license": "other",
        "license_name": f"apache-2.0-code-and-{named}-weights",
        "license_link": terms or LICENCE,
    }


def readme(models: Sequence[str], terms: str | None) -> str:
    """A Static Space's README.md; the parameters are those of `front_matter`."""
    where = f"[{terms}]({terms})" if terms else "whoever trained them hasn't said which"
    return f"""---
{as_yaml(front_matter(models, terms))}---

# HumanSegNet

Cuts people out of photos and the camera's picture in the visitor's own browser: nothing is sent anywhere.

The code is under Apache-2.0 ([licence]({LICENCE})), ONNX Runtime Web under the MIT licence, LiteRT
under Apache-2.0. The weights have terms of their own: {where}.

Written by `python -m humanseg deploy --static`: change the project and deploy it again rather than change a file here.
"""
