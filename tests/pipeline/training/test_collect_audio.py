from pipeline import cli
from tests.helpers import debian


def test_a_dry_run_lists_the_plan_and_does_nothing(tmp_path, monkeypatch, capsys):
    debian.need_tools()
    tree = tmp_path / "tree"
    (tree / "usr").mkdir(parents=True)
    debian.build_package(tree, tmp_path / "repository", name="monsterz-data", version="0.7.1-12")
    settings = debian.serve(tmp_path / "repository", tmp_path / "apt", name="monsterz-data", version="0.7.1-12")
    monkeypatch.setenv("APT_CONFIG", str(settings))
    arguments = ["collect-audio", "--output", str(tmp_path / "audio"), "--only", "monsterz-data"]
    assert cli.main([*arguments, "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "to do monsterz-data 0.7.1-12" in said
    assert "1 of 1 sources would be fetched: 0 MB" in said
    assert not (tmp_path / "audio").exists()
    assert cli.main(arguments) == 0
    assert "0 clips" in capsys.readouterr().out
    assert cli.main([*arguments, "--dry-run"]) == 0
    assert "done  monsterz-data" in capsys.readouterr().out
    assert cli.main(["collect-audio", "--output", str(tmp_path / "audio"), "--only", "hannah-data"]) == 3
    assert "hannah-data 1.0-3.3 could not be downloaded" in capsys.readouterr().err


def test_an_unknown_source_and_another_system_are_refused(tmp_path, monkeypatch, capsys):
    arguments = ["collect-audio", "--output", str(tmp_path / "audio"), "--only", "no-such-thing"]
    assert cli.main(arguments) == 2
    assert "--only no-such-thing: there is no source of that name" in capsys.readouterr().err
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli.main(["collect-audio", "--output", str(tmp_path / "audio"), "--dry-run"]) == 2
    assert "needs apt-get and dpkg-deb" in capsys.readouterr().err
