"""A page opened in headless Chromium, where that is installed."""

import re
import shutil
import subprocess

import pytest

needs_browser = pytest.mark.skipif(
    shutil.which("chromium") is None, reason="chromium is not installed"
)
PROBE = (
    "<script>addEventListener('load', () => console.error('asked for: ' + "
    "performance.getEntriesByType('resource').map(entry => entry.name)))</script>"
)


def opened(html, folder):
    """What the browser's console says of a page, what it asked of the network in the last line."""
    page = folder / "page.html"
    page.write_text(html + PROBE)
    shown = subprocess.run(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
            "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={folder / 'profile'}", "--dump-dom", page.as_uri(),
        ],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    said = [line for line in shown.stderr.splitlines() if "CONSOLE" in line]
    return [re.search(r'"(.*)", source', line)[1] for line in said]
