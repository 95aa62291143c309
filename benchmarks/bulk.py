"""Many photos: how much the engines cost on top of a plain loop, how they grow with processes, and how memory grows.

    python -m benchmarks.bulk                                  # 1,000 photos of 0.3 megapixels; processes 1 and 2
    python -m benchmarks.bulk --ray 1 2 4                      # and so many actors of a Ray cluster on this machine
    python -m benchmarks.bulk --count 40 --size 4000 3000      # fewer, of 12 megapixels
    python -m benchmarks.bulk --stages --size 4000 3000        # instead: what a photo costs a core, and its bytes
    python -m benchmarks.bulk --memory 1000 10000 100000       # instead: memory of the process that hands out

All ways take turns in each round, a part of the photos a round, so that another job on the machine slows them alike;
each is a process of its own. Start-up is the time to the first result, and isn't in photos/s.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.photo import write_scene
from humanseg.backgrounds import Background

LOOP = "loop"


def write_photos(folder: Path, count: int, size: tuple[int, int]) -> None:
    """So many photos of the same person, in folders of a hundred; each has bytes of its own."""
    folder.mkdir()
    write_scene(folder / "scene.jpg", *size, 0.9)
    data = (folder / "scene.jpg").read_bytes()
    (folder / "scene.jpg").unlink()
    for number in range(count):
        path = folder / f"{number // 100:04}" / f"{number:06}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data + f"{number}".encode())  # after the end of a JPEG anything may stand


def times_of_loop(source: Path, target: Path) -> list[float]:
    """When each photo was done, in seconds: what the engines are measured against, a loop on one thread."""
    from humanseg.bulk.cut_out import cut_out
    from humanseg.segmenter import Segmenter

    segmenter, times = Segmenter.from_pretrained(threads=1), []
    for path in sorted(source.rglob("*.jpg")):
        record = cut_out(segmenter, path, (target / path.relative_to(source)).with_suffix(".png"))
        assert not record.error, record.error
        times.append(time.perf_counter())
    return times


def times_of_engine(name: str, workers: int | None, source: Path, target: Path) -> list[float]:
    """The same for a whole run, with its records and its report."""
    from humanseg.bulk.job import JobConfig
    from humanseg.bulk.places import LocalPlace
    from humanseg.bulk.run import Run
    from humanseg.bulk.sources import Source

    config, times = JobConfig(str(target)).checked(), []
    if name == "ray":
        from humanseg.bulk.ray import RayEngine

        engine = RayEngine(config, actors=(workers, workers))
    else:
        from humanseg.bulk.local import LocalEngine

        engine = LocalEngine(config, workers)
    run = Run(Source(str(source)), LocalPlace(target), config, lambda *_: times.append(time.perf_counter()))
    tally = run.work(engine)
    assert not tally.failed and not run.troubles, run.troubles
    return times


def measured(way: str, source: Path, target: Path) -> dict[str, float]:
    """Start-up in seconds, and photos/s of the last four fifths, when all are at work."""
    start = time.perf_counter()
    name, _, workers = way.partition(" ")
    if name == LOOP:
        times = times_of_loop(source, target)
    else:
        times = times_of_engine(name, int(workers) if workers else None, source, target)
    first = len(times) // 5
    return {"start": times[0] - start, "rate": (len(times) - 1 - first) / (times[-1] - times[first])}


class Nothing:
    """An engine that does nothing to photos, as fast as can be."""

    opens = False

    def outcomes(self, tasks, todo):
        from humanseg.bulk.items import Outcome

        for task in tasks:
            yield Outcome(task.key, task.version, task.where, task.key, "0" * 64, 30, 30, True, 0.9, 0.1)


def memory(count: int, again: bool, source: Path, target: Path) -> dict[str, float]:
    """Megabytes that the process has held at most that lists, hands out and records so many photos, and its seconds."""
    import resource

    from humanseg.bulk.job import JobConfig
    from humanseg.bulk.places import LocalPlace
    from humanseg.bulk.run import Run
    from humanseg.bulk.sources import Source

    start, place = time.perf_counter(), LocalPlace(target)
    place.has = lambda name: True
    tally = Run(Source(str(source)), place, JobConfig(str(target)).checked()).work(Nothing())
    assert (tally.skipped if again else tally.done) == count
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return {"megabytes": peak, "seconds": time.perf_counter() - start}


def stages(size: tuple[int, int], folder: Path, rounds: int = 5) -> None:
    """Prints what a photo costs one core, by stage (least processor time of the rounds), and its bytes in and out."""
    from humanseg.bulk.cut_out import Options, finished
    from humanseg.foreground import foreground_colours
    from humanseg.media import photos
    from humanseg.segmenter import Segmenter
    from humanseg.segmenter import finished as finished_alpha

    segmenter, path = Segmenter.from_pretrained(threads=1), folder / "scene.jpg"
    write_scene(path, *size, 0.9)
    kinds = {"PNG": Options(), "WebP": Options(format="webp"), "JPEG on white": Options(Background.parse("white"))}
    least: dict[str, float] = {}

    def clocked(name: str, work: Callable[[], Any]) -> Any:
        start = time.process_time()
        result = work()
        least[name] = min(least.get(name, 1e9), time.process_time() - start)
        return result

    for _ in range(rounds):
        photo = clocked("read", lambda: photos.read(path))
        coarse = clocked(
            "network",
            lambda photo=photo: segmenter.coarse_alpha(photo.rgb, segmenter.config.size, second_pass=True),
        )
        alpha = clocked("edges", lambda photo=photo, coarse=coarse: finished_alpha(photo.rgb, coarse, segmenter.config))
        clocked("colours", lambda photo=photo, alpha=alpha: foreground_colours(photo.rgb, alpha))
        cut = segmenter.cut_out(photo)
        written = {name: clocked(name, lambda cut=cut, kind=kind: finished(cut, kind)) for name, kind in kinds.items()}
    print("| stage | s of a core | MB |\n| --- | --- | --- |")
    for name, seconds in least.items():
        size_in_mb = path.stat().st_size if name == "read" else len(written.get(name, b""))
        print(f"| {name} | {seconds:.2f} | {size_in_mb / 1e6:.1f} |" if size_in_mb else f"| {name} | {seconds:.2f} | |")


def in_a_process(*arguments: object) -> dict[str, float]:
    """What a measurement in a process of its own prints as its last line."""
    command = [sys.executable, "-m", "benchmarks.bulk", "--inner", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    # Ray says something after it, now and then.
    return json.loads(next(line for line in reversed(done.stdout.splitlines()) if line.startswith("{")))


def compare(ways: list[str], options: argparse.Namespace, folder: Path) -> None:
    """Prints start-up and photos/s of each way, and how they compare with the loop in the same round."""
    found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    write_photos(folder / "photos", options.count // options.rounds, tuple(options.size))
    for number in range(options.rounds):
        # Each begins a round in turn: what comes first may find the machine in another state.
        for way in ways[number % len(ways) :] + ways[: number % len(ways)]:
            found[way].append(in_a_process(way, folder / "photos", folder / "out"))
            print(f"round {number + 1}, {way}: {found[way][-1]['rate']:.2f} photos/s", file=sys.stderr, flush=True)
            shutil.rmtree(folder / "out")
    print("| | start, s | photos/s | of the loop, in the same round |\n| --- | --- | --- | --- |")
    for way, figures in found.items():
        ratios = [mine["rate"] / loop["rate"] for mine, loop in zip(figures, found[LOOP], strict=True)]
        start, rate = (statistics.median(each[name] for each in figures) for name in ("start", "rate"))
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        print(f"| {way} | {start:.1f} | {rate:.2f} | {statistics.median(ratios):.2f} ({spread}) |")


def grow(counts: list[int], folder: Path) -> None:
    """Prints the memory of the process that hands out, for a first run and for one that finds all done."""
    print("| photos | MB, first run | s | MB, all done before | s |\n| --- | --- | --- | --- | --- |")
    for count in counts:
        source = folder / str(count)
        for number in range(count):
            path = source / f"{number // 1000:04}" / f"{number:07}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        rows = [in_a_process("memory", source, folder / "out", count, again) for again in (0, 1)]
        print(f"| {count:,} | " + " | ".join(f"{row['megabytes']:.0f} | {row['seconds']:.1f}" for row in rows) + " |")
        shutil.rmtree(folder / "out")
        shutil.rmtree(source)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="photos, over all rounds")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, nargs=2, default=(640, 480), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--processes", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--ray", type=int, nargs="*", default=[], metavar="ACTORS")
    parser.add_argument("--memory", type=int, nargs="+", metavar="PHOTOS")
    parser.add_argument("--stages", action="store_true")
    parser.add_argument("--inner", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inner:
        way, source, target, *more = options.inner
        if way == "memory":
            print(json.dumps(memory(int(more[0]), bool(int(more[1])), Path(source), Path(target))))
        else:
            print(json.dumps(measured(way, Path(source), Path(target))))
        return
    with tempfile.TemporaryDirectory() as folder:
        if options.stages:
            stages(tuple(options.size), Path(folder))
        elif options.memory:
            grow(options.memory, Path(folder))
        else:
            ways = [LOOP, *(f"local {n}" for n in options.processes), *(f"ray {n}" for n in options.ray)]
            compare(ways, options, Path(folder))


if __name__ == "__main__":
    main()
