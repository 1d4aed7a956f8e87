"""Fetching Debian packages without installing them: the package's very version, unpacked into a folder.

apt and dpkg do the work: `apt-get download` fetches and checks signatures, `dpkg-deb -x` unpacks. Neither needs to be
run by root, and nothing of the system changes.
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Sequence

from common.errors import LaughterError, UsageError
from transforms.collect import clonk_archive

TOOLS = ("apt-get", "dpkg-deb")
NEEDED = "the sources of apt must have Debian 12 (bookworm), section main, and `apt-get update` must have run"
ZIP_SUFFIXES = frozenset({".pk3", ".zip"})
"""Of ZIP files that games keep their data in."""


class PackageError(LaughterError):
    """A package could not be fetched or unpacked; the message is one sentence with its name and the cause."""


def check_system() -> None:
    """Refuse to go on where Debian's tools are absent.

    Raises:
        UsageError: one of them is.
    """
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise UsageError(
            f"collecting audio needs {' and '.join(missing)}: run it on Debian 12 (bookworm) or in a container of it"
        )


def fetch(name: str, version: str, folder: pathlib.Path) -> pathlib.Path:
    """Download the package `name` of this very `version` into `folder`; returns the .deb's path.

    A file that is there already is checked by apt, and fetched again only where it is damaged.

    Raises:
        PackageError: apt does not know the package or version, or cannot fetch it.
    """
    done = _run(["apt-get", "--quiet", "download", f"{name}={version}"], folder)
    found = sorted(folder.glob(f"{name}_{version.replace(':', '%3a')}_*.deb"))
    if done.returncode or not found:
        raise PackageError(f"{name} {version} could not be downloaded ({_said(done)}): {NEEDED}")
    return found[0]


def download_bytes(packages: Sequence[tuple[str, str]]) -> int:
    """What fetching these packages, given by name and version, would download.

    Raises:
        PackageError: apt does not know one of them.
    """
    if not packages:
        return 0
    wanted = [f"{name}={version}" for name, version in packages]
    with tempfile.TemporaryDirectory() as empty:  # apt leaves out what lies in its folder already
        done = _run(["apt-get", "--print-uris", "download", *wanted], pathlib.Path(empty))
    if done.returncode:
        raise PackageError(f"not every package can be had ({_said(done)}): {NEEDED}")
    # Each line is: 'address' file-name size checksum
    return sum(int(line.split()[2]) for line in done.stdout.splitlines() if line.startswith("'"))


def unpack(package: pathlib.Path, folder: pathlib.Path) -> None:
    """Unpack a .deb into `folder`, and the archives in it into folders of their names, so that files stay files.

    Raises:
        PackageError: the file is damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = _run(["dpkg-deb", "--extract", package, folder], folder)
    if done.returncode:
        raise PackageError(f"{package.name} could not be unpacked ({_said(done)}): remove it and fetch it again")
    for archive in files(folder, ZIP_SUFFIXES | clonk_archive.SUFFIXES):
        _unpack_archive(archive)


def files(folder: pathlib.Path, suffixes: frozenset[str]) -> Iterator[pathlib.Path]:
    """The regular files below `folder` that end with one of `suffixes` (lower case), in order of their paths."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in suffixes and path.is_file() and not path.is_symlink():
            yield path


def _unpack_archive(archive: pathlib.Path) -> None:
    """Put beside an archive a folder of the same name and ".d" with its files; leave alone what is no archive."""
    folder = archive.with_name(f"{archive.name}.d")
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as content:
            content.extractall(folder)  # members cannot leave the folder: zipfile drops ".." and leading slashes
    elif archive.suffix in clonk_archive.SUFFIXES:
        with contextlib.suppress(ValueError):
            for name, member in clonk_archive.members(archive):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(member)


def _run(command: Sequence[str | pathlib.Path], folder: pathlib.Path) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder, in plain English, without anything to answer; paths are those of this process."""
    return subprocess.run(
        [word.absolute() if isinstance(word, pathlib.Path) else word for word in command],
        cwd=folder,
        env={**os.environ, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def _said(done: subprocess.CompletedProcess[str]) -> str:
    """The last line that a program said about its failure."""
    lines = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("W:")]
    return lines[-1].removeprefix("E: ") if lines else f"exit status {done.returncode}"
