"""A real Chromium without a window, and object storage; tests are skipped where what they need is absent."""

import shutil

import fsspec
import pytest

from common import storage as storages
from pipeline import cli
from tests.engines.jobs import INSTALL
from tests.engines.object_storage import gateway
from tests.engines.report_pages import BROKEN, DAY, ONE, SCORES, SECONDS
from tests.helpers.media import film
from tests.helpers.report import write_scored
from transforms.tables.read_tables import read_day

ARGUMENTS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--window-size=1400,1300"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
    "--autoplay-policy=no-user-gesture-required",
)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """A driver of one Chromium, which saves files into its `downloads`."""
    webdriver = pytest.importorskip("selenium.webdriver", reason=f"selenium is not installed; {INSTALL}")
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (browser and driver):
        pytest.skip(f"chromium and chromedriver are not installed; {INSTALL}")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.set_capability("unhandledPromptBehavior", "accept")
    for argument in (*ARGUMENTS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(argument)
    window = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    window.downloads = tmp_path_factory.mktemp("downloads")
    window.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(window.downloads)})
    yield window
    window.quit()


@pytest.fixture
def open_page(chromium):
    """Opens a page from disk, without a network, and at the end refuses whatever the browser complained of."""
    chromium.get_log("browser")
    chromium.execute_cdp_cmd("Network.enable", {})
    chromium.execute_cdp_cmd(
        "Network.emulateNetworkConditions",
        {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0},
    )
    complaints = []

    def open_it(path, *, expect=()):
        complaints.extend(expect)
        chromium.get(f"file://{path}")
        return chromium

    yield open_it
    said = [entry["message"] for entry in chromium.get_log("browser")]
    assert not [message for message in said if not any(known in message for known in complaints)]
    chromium.get("about:blank")


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """Pages of a recording with video and of one that failed, and the events in their tables."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "tv").mkdir()
    options = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
    film(folder / "tv" / f"{ONE}.mp4", [5, 50], *options, duration_s=SECONDS)
    write_scored(folder / "tables", {ONE: SCORES}, failed=[BROKEN])
    command = ["report", str(folder / "tables"), "--output", str(folder / "pages"), "--media", str(folder / "tv")]
    assert cli.main([*command, "--quiet"]) == 0
    return folder


@pytest.fixture
def page(pages, open_page):
    """The recording's page, as for somebody who has not seen it before."""
    window = open_page(pages / "pages" / f"{ONE}.html")
    window.execute_script("marks.unsaved = false; localStorage.clear()")
    return open_page(pages / "pages" / f"{ONE}.html")


@pytest.fixture
def events(pages):
    """The recording's rows of the events table."""
    return next(one.events for one in read_day(str(pages / "tables"), DAY) if one.recording_id == ONE)


@pytest.fixture(scope="module")
def storage():
    """Object storage before which a gateway stands, with the empty buckets archive, models and out; no credentials.

    Its `files` is gcsfs.
    """
    pytest.importorskip("gcp_storage_emulator", reason="gcp-storage-emulator is not installed; the extra test has it")
    with gateway() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_EMULATOR_HOST", server.url)
        patch.setenv("FSSPEC_GS_TOKEN", "anon")  # for other processes; this one's fsspec has read its settings before
        patch.setitem(fsspec.config.conf, "gs", {"token": "anon"})
        storages._gcs.cache_clear()
        server.files, _ = storages.filesystem_of("gs://out")
        for bucket in ("archive", "models", "out"):
            server.files.call("POST", "b", json={"name": bucket}, project="test")
        yield server
    storages._gcs.cache_clear()
