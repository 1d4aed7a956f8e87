"""The tests' own loop: what a failure shows, and what --quick leaves out."""

import os
import subprocess
import sys
import textwrap

import pytest

from pipeline import cli


@pytest.fixture
def outcome(tmp_path):
    """Runs a file of tests in a pytest of its own, with the conftest of all tests; gives what it printed."""

    def run(tests, *options):
        (tmp_path / "conftest.py").write_text("from tests.conftest import *\n")
        (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = tensorflow\n")
        (tmp_path / "test_it.py").write_text(textwrap.dedent(tests))
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", *options, str(tmp_path)]
        environment = os.environ | {"PYTHONPATH": str(cli.HOME)}
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
        ).stdout

    return run


def test_a_failure_shows_the_commands_their_status_and_what_they_wrote(outcome):
    said = outcome(
        """
        import subprocess, sys
        from pipeline import cli

        def test_it(capsys):
            assert cli.main(["query", "nowhere at all", "coverage"]) == 2
            assert "sentence" in capsys.readouterr().err
            done = subprocess.run([sys.executable, "-c", "print('in a child'); exit(7)"], capture_output=True)

        def test_of_a_child():
            done = subprocess.run([sys.executable, "-c", "print('in a child'); exit(7)"], capture_output=True)
            assert done.returncode == 0
        """,
        "--quick",
    )
    assert "$ laughter query 'nowhere at all' coverage\n-> exit status 2\nstderr, as the test read it:\n" in said
    assert "exit(7)" in said
    assert "-> exit status 7\nstdout:\nin a child\n" in said


def test_quick_leaves_out_what_starts_tensorflow_and_nothing_else(outcome):
    tests = """
        import pytest

        def test_without():
            pass

        def test_late():
            import tensorflow

        @pytest.mark.tensorflow
        def test_in_a_child():
            raise AssertionError
        """
    said = outcome(tests, "--quick")
    assert "1 passed, 2 skipped" in said
    assert said.count("starts TensorFlow: left out by --quick") == 2
