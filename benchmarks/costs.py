"""What an archive costs: machine hours, price, and what grows with it.

    python -m benchmarks.costs price --hours 400000                  # by precision and machine type
    python -m benchmarks.costs price --hours 400000 --vcpu-price 0.04 --machine own=32,128
    python -m benchmarks.costs growth --recordings 400000 40000000   # objects, bytes, files, memory

Every figure is an argument. The defaults of throughput and sizes are measured (`python -m benchmarks.core_seconds`);
those of prices are EXAMPLES of 2024 in US dollars, of the order of Dataflow's in its cheapest regions: put today's in.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence

RATES = {"compact": 211.0, "float32": 49.0, "bfloat16": 78.0}
"""Seconds of audio that a second of one vCPU gets through, the whole job; the latter two are VGGish's precisions."""

MACHINES = {"n2-standard-4": (4, 16.0), "n2-standard-16": (16, 64.0), "c3-standard-4": (4, 16.0)}
"""vCPUs and GB of memory."""

WITHOUT_BFLOAT16 = ("n1-", "e2-", "n2-", "n2d-")
"""Machines on which bfloat16 would be emulated: no rows for them."""


@dataclasses.dataclass(frozen=True)
class Prices:
    """Of an hour of one vCPU, of one GB of memory and of one GB of disk."""

    vcpu: float
    memory_gb: float
    disk_gb: float

    def machine(self, vcpus: int, memory_gb: float, disk_gb: float) -> float:
        """Of an hour of a machine."""
        return vcpus * self.vcpu + memory_gb * self.memory_gb + disk_gb * self.disk_gb


@dataclasses.dataclass(frozen=True)
class Work:
    """How machine hours follow from hours of archive.

    Attributes:
        overhead: share of machine time in which processors wait: for storage, for the last recordings.
        start_s: of each worker, until it embeds.
        redone: share of the work that is done twice, because a preemptible machine was taken away.
        workers: machines at a time.
    """

    overhead: float = 0.15
    start_s: float = 180.0
    redone: float = 0.0
    workers: int = 25

    def machine_hours(self, hours: float, rate: float, vcpus: int) -> float:
        """Of all machines together, for `hours` of audio at `rate` seconds a second of one vCPU."""
        computing = hours / (rate * vcpus) * (1 + self.redone) / (1 - self.overhead)
        return computing + self.workers * self.start_s / 3600


@dataclasses.dataclass(frozen=True)
class Growth:
    """What one recording of an hour leaves behind, and what a recording is elsewhere.

    Attributes:
        store_kb, annotations_kb, windows_kb, events_kb: of an hour of audio, at most: the numbers as they are. On made
            sound Parquet took 451, 166, 166 and 0 with VGGish, 238, 191, 150 and 6 with compact; tracks took 136 more.
        media_mb: of a recording on object storage.
        days: of broadcasting that the archive spans; a larger archive has more recordings a day.
        launcher_bytes: of memory on the machine that starts the job, which lists the recordings.
        shuffled_bytes: of a recording's name and size, each time that it is grouped.
        graph_bytes: of the job, as `run_dataflow.sh --dry-run` says.
    """

    store_kb: float = 641.0
    annotations_kb: float = 250.0
    windows_kb: float = 210.0
    events_kb: float = 10.0
    media_mb: float = 500.0
    days: float = 4000
    launcher_bytes: float = 860
    shuffled_bytes: float = 400
    graph_bytes: float = 82_000


def price_table(arguments: argparse.Namespace) -> list[list[str]]:
    """Machine hours, days and prices, by precision and machine type; the first row is the head."""
    regular = Prices(arguments.vcpu_price, arguments.memory_price, arguments.disk_price)
    flexible = Prices(arguments.flexible_vcpu_price, arguments.flexible_memory_price, arguments.disk_price)
    work = Work(arguments.overhead, arguments.start_s, 0.0, arguments.workers)
    interrupted = dataclasses.replace(work, redone=arguments.redone)
    rows = [["precision", "machine", "machine hours", f"days on {work.workers}", "MB/s a machine", "price", "flexible"]]
    for precision, rate in arguments.rate.items():
        for name, (vcpus, memory_gb) in arguments.machine.items():
            if precision == "bfloat16" and name.startswith(WITHOUT_BFLOAT16):
                continue
            spent = work.machine_hours(arguments.hours, rate, vcpus)
            again = interrupted.machine_hours(arguments.hours, rate, vcpus)
            prices = [
                hours * price.machine(vcpus, memory_gb, arguments.disk_gb)
                for hours, price in ((spent, regular), (again, flexible))
            ]
            days = spent / work.workers / 24
            fetched_mb = arguments.media_mb / 3600 * rate * vcpus
            cells = [precision, name, _number(spent), _number(days), _number(fetched_mb)]
            rows.append([*cells, *(f"$ {_number(price)}" for price in prices)])
    return rows


def growth_table(recordings: Sequence[int], growth: Growth) -> list[list[str]]:
    """What grows with an archive of recordings of one hour each; the first row is the head."""
    counts = list(recordings)
    a_day = [count / growth.days for count in counts]
    tables_kb = growth.windows_kb + growth.events_kb
    rows = {
        "requests to list them, of 1,000 each": [_number(count / 1000) for count in counts],
        "media, read once": [_size(count * growth.media_mb * 1e6) for count in counts],
        "the job's graph": [_size(growth.graph_bytes) for _ in counts],
        "memory where the job is started": [_size(count * growth.launcher_bytes) for count in counts],
        "shuffled, names only, three times": [_size(3 * count * growth.shuffled_bytes) for count in counts],
        "store, an object a recording": [_size(count * growth.store_kb * 1e3) for count in counts],
        "annotations, an object a recording": [_size(count * growth.annotations_kb * 1e3) for count in counts],
        "tables": [_size(count * tables_kb * 1e3) for count in counts],
        "files of the tables, three a day and a mark": [_number(4 * growth.days) for _ in counts],
        "recordings a day": [_number(each) for each in a_day],
        "one day's file of windows": [_size(each * growth.windows_kb * 1e3) for each in a_day],
        "rows of windows": [_number(7200 * count) for count in counts],
    }
    head = ["what", *(f"{_number(count)} recordings" for count in counts)]
    return [head, *([what, *cells] for what, cells in rows.items())]


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A table; the first row is the head."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _size(size_bytes: float) -> str:
    for unit, factor in (("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size_bytes >= factor:
            return f"{_number(size_bytes / factor)} {unit}"
    return f"{_number(size_bytes / 1e3)} kB"


def build_parser() -> argparse.ArgumentParser:
    """All inputs of the model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tables = parser.add_subparsers(dest="table", required=True)
    price = tables.add_parser("price", help="machine hours and price, by precision and machine type")
    add = price.add_argument
    add("--hours", type=float, required=True, help="of audio")
    add("--rate", type=_rate, action=_Replace, default=RATES, metavar="NAME=S", help="audio seconds a vCPU second")
    add("--machine", type=_machine, action=_Replace, default=MACHINES, metavar="NAME=VCPUS,GB", help="machine types")
    add("--workers", type=int, default=25, help="machines at a time (default: %(default)s)")
    add("--overhead", type=float, default=Work.overhead, help="share of waiting (default: %(default)s, assumed)")
    add("--start-s", type=float, default=Work.start_s, help="start-up of a worker (default: %(default)s)")
    add("--redone", type=float, default=0.1, help="share done twice where preempted (default: %(default)s, assumed)")
    add("--vcpu-price", type=float, default=0.056, help="an hour (default: %(default)s, an example)")
    add("--memory-price", type=float, default=0.003557, help="a GB and hour (default: %(default)s, an example)")
    add("--disk-price", type=float, default=0.000054, help="a GB and hour (default: %(default)s, an example)")
    add("--flexible-vcpu-price", type=float, default=0.0336, help="(default: %(default)s, an example)")
    add("--flexible-memory-price", type=float, default=0.0021342, help="(default: %(default)s, an example)")
    add("--media-mb", type=float, default=Growth.media_mb, help="an hour of recording (default: %(default)s)")
    add("--disk-gb", type=float, default=50, help="a machine (default: %(default)s)")
    growth = tables.add_parser("growth", help="what grows with the recordings")
    growth.add_argument("--recordings", type=int, nargs="+", required=True, help="of one hour each")
    for field in dataclasses.fields(Growth):
        kind, default = (int, field.default) if field.name.endswith("bytes") else (float, field.default)
        growth.add_argument(
            f"--{field.name.replace('_', '-')}", type=kind, default=default, help="(default: %(default)s)"
        )
    return parser


class _Replace(argparse.Action):
    """Collects NAME=VALUE pairs in place of the default."""

    def __call__(self, parser, namespace, value, option=None):  # type: ignore[no-untyped-def]
        """Add one pair."""
        given = getattr(namespace, self.dest)
        setattr(namespace, self.dest, {**({} if given is self.default else given), value[0]: value[1]})


def _rate(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    return name, float(value)


def _machine(text: str) -> tuple[str, tuple[int, float]]:
    name, _, value = text.partition("=")
    vcpus, _, memory_gb = value.partition(",")
    return name, (int(vcpus), float(memory_gb))


def main(argv: Sequence[str] | None = None) -> None:
    """Print one table."""
    arguments = build_parser().parse_args(argv)
    if arguments.table == "price":
        print(markdown(price_table(arguments)))
    else:
        names = [field.name for field in dataclasses.fields(Growth)]
        print(
            markdown(growth_table(arguments.recordings, Growth(**{name: getattr(arguments, name) for name in names})))
        )


if __name__ == "__main__":
    main()
