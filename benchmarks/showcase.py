"""Makes the cut-outs of About's six photos anew, with the weights that ship: python -m benchmarks.showcase"""

from __future__ import annotations

import argparse
import io

from PIL import Image

from humanseg import Segmenter
from humanseg.web.showcase import BADLY, WELL, Sample


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    segmenter = Segmenter.from_pretrained()
    for sample in (*WELL, *BADLY):
        size = make(segmenter, sample)
        print(f"{sample.name}: {f'{size / 1000:.0f} kB' if size else 'nobody found'}")


def make(segmenter: Segmenter, sample: Sample) -> int:
    """Writes a photo's cut-out; its size in bytes, or 0 where nobody is found and no file is written."""
    cut = segmenter.cut_out(sample.source)
    sample.target.unlink(missing_ok=True)
    if not cut.person_found:
        return 0
    data = io.BytesIO()
    Image.fromarray(cut.rgba).save(data, "WEBP", quality=80, alpha_quality=90, method=6)
    return sample.target.write_bytes(data.getvalue())


if __name__ == "__main__":
    main()
