"""Pictures of models: the boxes and arrows of Keras's, by graphviz and by our own drawing."""

import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree

import pytest

import hornlet
from hornlet.utils import model_picture
from hornlet.utils.diagram import diagram, svg


def network(k=hornlet):
    """A branch, an arrow over two rows, and a model inside the model."""
    x = k.Input((4,), name="x")
    a = k.layers.Dense(3, "relu", name="a")(x)
    b = k.layers.Dense(3, name="b")(a)
    inner = k.Sequential([k.Input((3,)), k.layers.Dense(2, name="d")], name="inner")
    joined = k.layers.Add(name="sum")([a, b])
    long = k.layers.Concatenate(name="join")([x, inner(joined)])
    return k.Model(x, long, name="whole")


def pairs(frame):
    """Arrows by the names of the boxes."""
    names = {box.key: box.name for box in frame.all_boxes()}
    return sorted((names[a], names[b]) for a, b in frame.all_arrows())


def test_arrows_are_the_calls():
    whole = diagram(network())
    assert pairs(whole) == [
        ("a", "b"), ("a", "sum"), ("b", "sum"), ("inner", "join"), ("sum", "inner"), ("x", "a"),
        ("x", "join"),
    ]  # fmt: skip
    expanded = diagram(network(), expand_nested=True)
    assert ("sum", "d") in pairs(expanded) and ("d", "join") in pairs(expanded)
    assert [frame.label for frame in expanded.frames] == ["inner"]


def test_boxes_tell_what_was_asked_for():
    model = network()
    shown = diagram(model, True, True, False, True, True)
    fields = {box.name: dict(box.fields) for box in shown.boxes}
    assert fields["a"] == {
        "Activation": "relu", "Input shape": "(None, 4)", "Output shape": "(None, 3)",
        "Output dtype": "float32", "": "Trainable",
    }  # fmt: skip
    assert fields["sum"]["Input shape"] == "[(None, 3), (None, 3)]"
    assert fields["x"] == {"Output shape": "(None, 4)", "Output dtype": "float32"}


@pytest.mark.parametrize("rankdir", ["TB", "LR", "BT", "RL"])
@pytest.mark.parametrize("expand_nested", [False, True])
def test_the_drawing_is_whole_and_nothing_overlaps(rankdir, expand_nested):
    whole = diagram(network(), True, expand_nested=expand_nested)
    root = ElementTree.fromstring(svg(whole, True, rankdir))
    width, height = (float(root.get(name)) for name in ("width", "height"))
    boxes = []
    for rect in root.iter("{http://www.w3.org/2000/svg}rect"):
        x, y, w, h = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
        assert x >= 0 and y >= 0 and x + w <= width and y + h <= height
        if not rect.get("stroke-dasharray"):
            boxes.append((x, y, x + w, y + h))
    assert len(boxes) == len(whole.all_boxes())
    for i, one in enumerate(boxes):
        for other in boxes[:i]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1]
            assert apart or other[3] <= one[1]
    arrows = list(root.iter("{http://www.w3.org/2000/svg}polyline"))
    assert len(arrows) == len(whole.all_arrows())
    words = " ".join(text.text for text in root.iter("{http://www.w3.org/2000/svg}text"))
    assert "sum (Add)" in words and "Output shape: (None, 3)" in words


def test_without_graphviz_the_drawing_is_ours(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pydot", None)
    hornlet.utils.plot_model(network(), tmp_path / "m.png", show_shapes=True)
    assert "m.svg" in capsys.readouterr().out
    assert (tmp_path / "m.svg").read_text().startswith("<svg")
    hornlet.utils.plot_model(network(), tmp_path / "n.svg")
    assert capsys.readouterr().out == ""
    with pytest.raises(ImportError, match="pip install pydot"):
        hornlet.utils.model_to_dot(network())


@pytest.mark.parametrize("expand_nested", [False, True])
def test_dot_has_the_nodes_and_edges_of_keras(expand_nested):
    pytest.importorskip("pydot")
    keras = pytest.importorskip("keras")

    def words(k):
        dot = k.utils.model_to_dot(network(k), expand_nested=expand_nested, show_shapes=True)
        text = dot.to_string()
        label = re.compile(r"^\"?(\d+)\"? \[.*?<b>(\w+)</b> \((\w+)\)", re.M)
        names = {key: name for key, name, _ in label.findall(text)}
        edges = re.findall(r"^\"?(\d+)\"? -> \"?(\d+)", text, re.M)
        clusters = re.findall(r"subgraph \"?(\w+)", text)
        return sorted(names.values()), sorted((names[a], names[b]) for a, b in edges), clusters

    ours, theirs = words(hornlet), words(keras)
    assert ours == theirs


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
def test_graphviz_draws(tmp_path):
    pytest.importorskip("pydot")
    hornlet.utils.plot_model(network(), tmp_path / "m.png", show_shapes=True, expand_nested=True)
    assert (tmp_path / "m.png").read_bytes().startswith(b"\x89PNG")


def test_models_without_a_graph_or_weights():
    class Own(hornlet.Model):
        def call(self, x):
            return x

    assert len(diagram(Own(name="own")).boxes) == 1
    with pytest.raises(ValueError, match="built"):
        hornlet.utils.plot_model(hornlet.Sequential([hornlet.layers.Dense(2)]))
    for bad in ({"rankdir": "XY"}, {"layer_range": 3}, {"colour": "red"}):
        with pytest.raises(ValueError, match="rankdir|layer_range|colour"):
            hornlet.utils.plot_model(network(), **bad)


def test_deep_models_are_drawn():
    layers = [hornlet.layers.Activation("relu", name=f"r{n}") for n in range(150)]
    model = hornlet.Sequential([hornlet.Input((2,)), *layers])
    assert svg(diagram(model)).count("<rect") == 150


def test_a_notebook_gets_the_picture(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pydot", None)
    shown = type("display", (), {"SVG": staticmethod(lambda path: ("svg", path))})
    monkeypatch.setattr(model_picture, "notebook_display", lambda: shown)
    path = str(tmp_path / "m.svg")
    assert hornlet.utils.plot_model(network(), path) == ("svg", path)
