"""Every experiment in a dose of seconds; the report; the command; the page in a browser."""

import csv
import io
import json
import pathlib
import re

import pytest

from hornlet.cli import main
from hornlet.experiments import cache as caching
from hornlet.experiments import command, report
from hornlet.experiments.catalogue import EXPERIMENTS
from hornlet.experiments.effort import cost
from hornlet.experiments.experiment import Group, Table
from hornlet.experiments.settings import DOSES
from hornlet.experiments.training import run
from hornlet.experiments.verdicts import FAILS, HOLDS, NOISE
from tests.browser import needs_browser, opened

pytest.importorskip("matplotlib")
FINDINGS = pathlib.Path(command.__file__).parent / "findings"


def tiny_table(name):
    """An experiment's results with two seeds."""
    groups = []
    for settings in EXPERIMENTS[name].runs(DOSES["tiny"]):
        results = [{**run(settings, seed), "seconds": 0.0} for seed in range(2)]
        groups.append(Group(settings, results))
    return Table(groups)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_draws_and_judges(name, monkeypatch):
    figures = []
    made = report.picture_bytes
    note = lambda figure, kind: figures.append(figure) or made(figure, kind)  # noqa: E731
    monkeypatch.setattr(report, "picture_bytes", note)
    one = report.chapter(EXPERIMENTS[name], tiny_table(name))
    assert one.verdicts and all(v.outcome in (HOLDS, FAILS, NOISE) for v in one.verdicts)
    assert one.pictures["png"].startswith(b"\x89PNG")
    words = re.findall(r">([^<>]+)</text>", one.pictures["svg"].decode())
    assert one.experiment.question in words, "the picture has its title"
    charts = [ax for ax in figures[0].axes if ax.get_label() != "<colorbar>"]
    for ax in charts:
        assert ax.get_title() and ax.get_xlabel()
        assert ax.get_ylabel() or any(ax.get_shared_y_axes().joined(ax, o) for o in charts)
        assert ax.get_legend() is not None or ax.images
    page = report._page([one], DOSES["tiny"], 2)
    assert page.count("<li>") == len(one.verdicts)
    assert f'id="{name}"' in page and "http" not in re.sub('base64,[^"]*', "", page)


@pytest.mark.parametrize("path", sorted(FINDINGS.glob("*.py")), ids=lambda path: path.stem)
def test_an_experiment_reads_like_its_description(path):
    lines = path.read_text().splitlines()
    assert len(lines) <= 70
    if path.stem != "__init__":
        assert EXPERIMENTS[path.stem].name == path.stem


@pytest.mark.parametrize(("dose", "minutes"), [("default", 20), ("full", 75)])
def test_the_doses_fit_two_cores(dose, minutes):
    known = {}
    for experiment in EXPERIMENTS.values():
        for settings in experiment.runs(DOSES[dose]):
            known[json.dumps(settings, sort_keys=True)] = cost(settings)
    assert 3 * sum(known.values()) / 2 / 60 <= minutes


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("experiments")
    lines = []
    verdicts = command.run_experiments(["depth", "data"], "tiny", 3, out, 2, lines.append)
    return out, lines, verdicts


def test_the_report_is_whole(written):
    out, lines, verdicts = written
    assert set(verdicts) == {"depth", "data"}
    names = {"report.html", "report.md", "results.csv", "cache"}
    names |= {f"{name}.{kind}" for name in verdicts for kind in ("svg", "png")}
    assert {path.name for path in out.iterdir()} == names
    page, text = (out / "report.html").read_text(), (out / "report.md").read_text()
    for name, own in verdicts.items():
        for verdict in own:
            assert verdict.claim in text and verdict.outcome in text and verdict.outcome in page
        assert f"python -m hornlet experiments {name} --seeds 3" in text
    rows = list(csv.DictReader(io.StringIO((out / "results.csv").read_text())))
    runs = sum(len(EXPERIMENTS[name].runs(DOSES["tiny"])) for name in verdicts)
    assert len(rows) == 3 * runs and {row["seed"] for row in rows} == {"0", "1", "2"}
    assert any("runs made" in line for line in lines)


def test_a_second_run_is_instant_and_equal(written):
    out, _, verdicts = written
    before = (out / "report.html").read_bytes()
    lines = []
    again = command.run_experiments(["depth", "data"], "tiny", 3, out, 2, lines.append)
    assert again == verdicts and (out / "report.html").read_bytes() == before
    assert lines[0].startswith("0 runs made")


def test_code_that_changes_under_way_is_told(written, monkeypatch):
    monkeypatch.setattr(caching, "version", lambda: "another")
    cache = caching.Cache(written[0] / "cache")
    with pytest.raises(ChildProcessError, match="changed"):
        command.table_of(EXPERIMENTS["depth"], DOSES["tiny"], 3, cache)


@needs_browser
def test_the_page_opens_without_errors_or_requests(written, tmp_path):
    page = (written[0] / "report.html").read_text()
    assert opened(page, tmp_path) == ["asked for: "]
    picture = "https://example.org/picture.png"
    assert opened(f'<img src="{picture}">', tmp_path) == [f"asked for: {picture}"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["wdith"], "Did you mean 'width'"),
        (["width", "--jobs", "0"], "--jobs"),
        (["width", "--seeds", "2"], "--seeds"),
        (["width", "--out", "/dev/null/x"], "/dev/null/x"),
    ],
)
def test_bad_input_is_one_line(words, text, capsys):
    assert main(["experiments", *words]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and text in error and error.count("\n") == 1


def test_the_list_names_all(capsys):
    assert main(["experiments", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(EXPERIMENTS)
