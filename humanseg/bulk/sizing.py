"""How many processes work at once: measured on the photos themselves, as no table knows a machine and its load."""

from __future__ import annotations

from pathlib import Path

AGAIN = 100  # photos for each process, after which another step is tried
PHOTOS = 3  # for each process, before another step is judged
GAIN = 1.1  # photos/s that twice the processes have to gain, or the step is taken back
SHARE = 0.8  # of the memory that is free, for all processes together
MEMORY = Path("/proc/meminfo")
# Of a container, cgroup v2: what it may use and what it uses, in bytes, and what of that are files that may be dropped.
LIMIT, USED = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
KINDS = Path("/sys/fs/cgroup/memory.stat")


class Sizer:
    """Begins with one process and doubles them for as long as that pays and memory allows.

    Parameters
    ----------
    most : processes, such as cores
    fixed : so many from the start, rather than measured; memory counts all the same

    Examples
    --------
    >>> sizer = Sizer(4)
    >>> for _ in range(PHOTOS):
    ...     sizer.observe(1, seconds=1.0, megapixels=12.0, peak=10**9)
    >>> sizer.wanted(free=10**10)
    2
    """

    def __init__(self, most: int, fixed: int | None = None) -> None:
        self._most = fixed or most
        self._wanted = fixed or 1
        self._settled = fixed is not None or most == 1
        self._rates: dict[int, float] = {}  # megapixels/s by number of processes
        self._since = 0  # photos since it settled
        self._seen: list[tuple[float, float]] = []  # seconds and megapixels of photos at this number
        self.peak = 0

    def observe(self, at_work: int, seconds: float, megapixels: float, peak: int) -> None:
        """Takes in a photo.

        Parameters
        ----------
        at_work : how many processes were
        seconds : that it took one of them
        peak : memory that this one has used at most, in bytes
        """
        self.peak = max(self.peak, peak)
        if at_work != self._wanted or not megapixels:
            return
        if self._settled:
            self._since += 1
            if self._since >= AGAIN * at_work and at_work < self._most:
                # Another job may have been in the way.
                self._settled, self._rates, self._since = False, {}, 0
            return
        self._seen.append((seconds, megapixels))
        if len(self._seen) < PHOTOS * at_work:
            return
        seconds, megapixels = map(sum, zip(*self._seen, strict=True))
        self._rates[at_work] = at_work * megapixels / max(seconds, 1e-9)
        self._seen = []
        before = max((n for n in self._rates if n < at_work), default=None)
        if before and self._rates[at_work] < GAIN * self._rates[before]:
            self._wanted, self._settled = before, True
        else:
            self._wanted = min(2 * at_work, self._most)
            self._settled = self._wanted == at_work

    def wanted(self, free: int, running: int = 1) -> int:
        """How many processes there should be.

        Parameters
        ----------
        free : memory in bytes that is, while `running` processes hold theirs
        """
        if not self.peak:
            return min(self._wanted, max(running, 1)) if not self._settled else self._wanted
        return max(1, min(self._wanted, running + int(SHARE * free / self.peak)))


def free_memory() -> int:
    """Bytes that may still be used here, in a container by it; a great many where that can't be told."""
    found = [1 << 50]
    try:
        lines = MEMORY.read_text(encoding="ascii").splitlines()
        found += [int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")]
        free = int(LIMIT.read_text(encoding="ascii")) - int(USED.read_text(encoding="ascii"))
        kinds = dict(line.split() for line in KINDS.read_text(encoding="ascii").splitlines())
        found.append(max(0, free + int(kinds.get("inactive_file", 0))))
    except (OSError, ValueError):  # no Linux, or no limit ("max")
        pass
    return min(found)
