"""What lies in an archive that is no recording, or has a name that means something to a program."""

import os
import pathlib
import socket

import pytest

from tests.helpers.archive import NAMES, contents, make_recording, rows

MAGIC_NAMES = (
    b"-i.wav",
    b"with space.wav",
    b"two\nlines.wav",
    b'it\'s "quoted".wav',
    b"glob*?[a-z].wav",
    b"image%03d.wav",
    b"concat:a.wav|b.wav",
    b"data:audio;base64,UklGRg==.wav",
    b"\xff\xfe not UTF-8.wav",
    b"n" * 251 + b".wav",
    b"$(touch canary).wav",
    b";rm -rf x&.wav",
)

TRAPS = {
    "playlist": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{secret}\n#EXT-X-ENDLIST\n",
    "playlist-of-a-host": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{url}/a.ts\n#EXT-X-ENDLIST\n",
    "playlist-with-a-key": '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{url}/key"\n#EXTINF:5,\n{secret}\n#EXT-X-ENDLIST\n',
    "concat": "ffconcat version 1.0\nfile '{secret}'\n",
    "concat-of-a-host": "ffconcat version 1.0\nfile '{url}/a.wav'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {port} RTP/AVP 0\n",
    "dash": "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'><BaseURL>{url}/</BaseURL></MPD>",
    "smil": "<smil><body><audio src='{url}/a.wav'/></body></smil>",
    "asx": "[Reference]\nRef1={url}/a.asf?MSWMExt=.asf\n",
    "rtsp": "rtsptext\n{rtsp}/a\n",
    "cue": 'FILE "{secret}" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n',
    "filter": "amovie={secret}",
    "metadata": ";FFMETADATA1\ntitle={secret}\n",
    "image-sequence": "P6 1 1 255 abc",
}


def recording_at(path: bytes, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)


def test_names_that_mean_something_to_programs_are_only_names(archive, detect):
    folder = os.fsencode(archive)
    content = (archive / f"{NAMES[0]}.wav").read_bytes()
    for name in MAGIC_NAMES:
        recording_at(os.path.join(folder, name), content)
    before = sorted(os.listdir(folder))
    output = detect(archive)
    found = rows(output, "recordings")
    assert len(found) == len(NAMES) + len(MAGIC_NAMES)
    assert {row["status"] for row in found} == {"done"}
    assert len(rows(output, "events")) == len(found)
    assert sorted(os.listdir(folder)) == before
    detect(archive)
    assert not list(pathlib.Path.cwd().glob("canary*"))


@pytest.mark.parametrize("extension", ["mp4", "m3u8", "wav", "ts"])
def test_scripts_and_playlists_reach_neither_files_nor_hosts(archive, detect, tmp_path, extension):
    """The secret is a good recording: were it read, there would be sound; and opening it would change its atime."""
    clean = contents(detect(archive, output="clean"))
    secret = make_recording(tmp_path / "secret.wav", seconds=12)
    os.utime(secret, (1, 1))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        for number, (name, text) in enumerate(TRAPS.items()):
            for place, path in (("absolute", str(secret)), ("relative", "../secret.wav")):
                filled = text.format(secret=path, url=f"http://{host}", rtsp=f"rtsp://{host}", port=host.split(":")[1])
                (archive / f"2017-01-01_{number:02d}00_US_CNN_{name}-{place}.{extension}").write_text(filled)
        output = detect(archive / f"*.{extension}", archive / "*.wav", status=3)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert secret.stat().st_atime == 1
    traps = [row for row in rows(output, "recordings") if row["recording_id"].startswith("2017")]
    assert len(traps) == 2 * len(TRAPS)
    assert {(row["status"], row["audio_s"]) for row in traps} == {("failed", 0.0)}
    dirty = contents(output)
    assert all(dirty[name] == content for name, content in clean.items())


def test_links_and_folders_that_look_like_recordings(archive, detect, tmp_path):
    elsewhere = make_recording(tmp_path / "elsewhere.wav", seconds=12, loud=((3, 5),))
    (archive / "2017-01-01_0000_US_CNN_Link.wav").symlink_to(elsewhere)
    (archive / "2017-01-01_0100_US_CNN_Dangling.wav").symlink_to(tmp_path / "nowhere.wav")
    (archive / "2017-01-01_0200_US_CNN_Itself.wav").symlink_to("2017-01-01_0200_US_CNN_Itself.wav")
    (archive / "2017-01-01_0300_US_CNN_Device.wav").symlink_to("/dev/zero")
    (archive / "2017-01-01_0400_US_CNN_Folder.wav").mkdir()
    make_recording(archive / "2017-01-01_0400_US_CNN_Folder.wav" / "2017-01-01_0500_US_CNN_Inside.wav", seconds=12)
    (archive / "circle").symlink_to(archive, target_is_directory=True)
    os.mkfifo(archive / "2017-01-01_0600_US_CNN_Pipe.wav")
    output = detect(archive, status=3)
    found = {row["title"]: row for row in rows(output, "recordings") if row["start_utc"].year == 2017}
    assert {title: row["status"] for title, row in found.items()} == {
        "Link": "done",
        "Dangling": "failed",
        "Itself": "failed",
        "Device": "failed",
        "Inside": "done",
        "Pipe": "failed",
    }
    assert "does not exist" in found["Dangling"]["error"]
    assert "not a regular file" in found["Device"]["error"]
