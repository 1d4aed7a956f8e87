"""A Debian package and a repository of it, made by the test and known to apt through APT_CONFIG alone."""

import hashlib
import os
import pathlib
import shutil
import subprocess

import pytest

CONTROL = """Package: {name}
Version: {version}
Architecture: all
Maintainer: Nobody <nobody@example.org>
Description: sounds made by a test
"""


def need_tools() -> None:
    """Skip the test where Debian's tools are absent."""
    for tool in ("dpkg-deb", "apt-get"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not here: this test needs Debian's tools")


def build_package(tree: pathlib.Path, repository: pathlib.Path, *, name: str, version: str) -> pathlib.Path:
    """Pack the files below `tree` into a .deb in `repository`; returns its path."""
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(CONTROL.format(name=name, version=version))
    repository.mkdir(exist_ok=True)
    path = repository / f"{name}_{version.split(':')[-1]}_all.deb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", str(tree), str(path)], check=True, capture_output=True)
    return path


def serve(repository: pathlib.Path, state: pathlib.Path, *, name: str, version: str) -> pathlib.Path:
    """Make the repository's index, and apt's settings and state below `state`; returns the file for APT_CONFIG."""
    (package,) = repository.glob(f"{name}_*.deb")
    content = package.read_bytes()
    (repository / "Packages").write_text(
        CONTROL.format(name=name, version=version) + f"Filename: ./{package.name}\n"
        f"Size: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"
    )
    for folder in ("lists/partial", "cache/archives/partial", "etc/apt.conf.d"):
        (state / folder).mkdir(parents=True)
    (state / "etc" / "sources.list").write_text(f"deb [trusted=yes] file://{repository} ./\n")
    (state / "status").touch()
    settings = state / "apt.conf"
    settings.write_text(
        f'Dir::Etc "{state}/etc";\nDir::State "{state}";\nDir::State::status "{state}/status";\n'
        f'Dir::Cache "{state}/cache";\nAPT::Sandbox::User "";\n'
    )
    environment = {**os.environ, "APT_CONFIG": str(settings)}
    subprocess.run(["apt-get", "update"], env=environment, check=True, capture_output=True)
    return settings
