"""The source distribution that Dataflow's workers install: built from the checkout, and looked through."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tarfile

from packaging.requirements import Requirement

from common.errors import LaughterError

PACKAGES = ("pipeline", "transforms", "models", "common")
NEEDED = ("apache-beam", "tensorflow", "imageio-ffmpeg", "gcsfs", "pyarrow", "numpy")
"""Requirements without which a worker cannot work; ffmpeg itself is in imageio-ffmpeg's wheel."""


class PackageError(LaughterError):
    """The source distribution cannot be built, or lacks something; the message is one sentence."""


def build(checkout: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Build the source distribution of `checkout` into `folder`, and check it.

    Raises:
        PackageError: there is no setup.py (an installation, not a checkout), building failed, or files are missing.
    """
    if not (checkout / "setup.py").is_file():
        raise PackageError(f"{checkout} has no setup.py to build the workers' package from; start from a checkout")
    command = [sys.executable, "setup.py", "--quiet", "sdist", "--dist-dir", str(folder)]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True)
    found = sorted(folder.glob("laughter-*.tar.gz"))
    if done.returncode or not found:
        last = (done.stderr.strip().splitlines() or ["it wrote no file"])[-1]
        raise PackageError(f"the workers' package could not be built ({last}); run `python setup.py sdist` to see why")
    check(found[-1], checkout)
    return found[-1]


def check(package: pathlib.Path, checkout: pathlib.Path) -> None:
    """Refuse a package that lacks a module, a file that ships beside the modules, or a needed requirement."""
    with tarfile.open(package) as archive:
        top = package.name.removesuffix(".tar.gz")
        held = {name.removeprefix(f"{top}/") for name in archive.getnames()}
        requires = archive.extractfile(f"{top}/laughter.egg-info/requires.txt")
        named = _names(requires.read().decode()) if requires else set()
    missing = sorted({*shipped_files(checkout), "setup.py", "pyproject.toml"} - held)
    missing += sorted({*NEEDED} - named)
    if missing:
        raise PackageError(
            f"the workers' package {package.name} lacks {', '.join(missing[:5])}; name them in setup.py and MANIFEST.in"
        )


def shipped_files(checkout: pathlib.Path) -> list[str]:
    """What the packages hold in the checkout, modules and data, as paths from its root."""
    found = (path for package in PACKAGES for path in (checkout / package).rglob("*") if path.is_file())
    return sorted(path.relative_to(checkout).as_posix() for path in found if "__pycache__" not in path.parts)


def _names(requires: str) -> set[str]:
    """The distributions that are required without any extra."""
    return {Requirement(line).name for line in requires.partition("\n[")[0].splitlines() if line}
