"""Models of torch and scikit-learn, and whole files that are read, trained, saved and written."""

import pathlib

import numpy as np
import pytest

import hornlet
from hornlet.saving import FileError, from_onnx
from tests.export.exported import assert_same, exported, onnx

FILES = pathlib.Path(__file__).parent / "files"
NAMES = sorted(path.stem for path in FILES.glob("*.onnx"))


def content(name):
    with np.load(FILES / f"{name}.npz") as file:
        found = {key: file[key] for key in file.files}
    return [found[k] for k in sorted(found) if k[0] == "x"], [
        found[k] for k in sorted(found) if k[0] == "y"
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_stranger_s_model_predicts_the_same(name):
    model = from_onnx(FILES / f"{name}.onnx")
    xs, ys = content(name)
    found = hornlet.tree.flatten(model.predict(xs[0], verbose=0))
    assert len(found) == len(ys)
    for y, wanted in zip(found, ys):
        np.testing.assert_allclose(y, wanted, rtol=1e-5, atol=1e-5)
    more = np.concatenate([xs[0], xs[0][:1]])  # the batch is open
    np.testing.assert_allclose(hornlet.tree.flatten(model(more))[0][:-1], ys[0], atol=1e-5)


def test_makers_and_kinds_are_all_there():
    wanted = ["torch_mlp", "torch_cnn", "torch_lstm", "torch_gru", "torch_rnn", "torch_attention",
              "torch_cnn_program", "sklearn_logistic", "sklearn_mlp", "sklearn_scaled",
              "sklearn_named"]  # fmt: skip
    assert set(wanted) <= set(NAMES)
    for path in FILES.iterdir():
        assert path.stat().st_size < 30_000
        assert not any(
            word in path.read_bytes() for word in (b"/home", b"/work", b"/tmp", b"/root")
        )


@pytest.mark.parametrize("name", ["torch_mlp", "torch_cnn", "torch_lstm", "torch_gru",
                                  "torch_attention_program", "sklearn_mlp_regressor",
                                  "sklearn_linear", "sklearn_pca"])  # fmt: skip
def test_a_stranger_s_model_trains(name):
    hornlet.utils.set_random_seed(0)
    model = from_onnx(FILES / f"{name}.onnx")
    (x,), (y, *_) = content(name)
    model.compile(hornlet.optimizers.Adam(0.02), "mse")
    before = [v.numpy().copy() for v in model.trainable_variables]
    target = np.roll(y, 1, axis=0)
    losses = model.fit(x, target, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < 0.9 * losses[0]
    changed = [not np.array_equal(a, v.numpy()) for a, v in zip(before, model.trainable_variables)]
    assert all(changed) and len(changed) >= 2


def test_a_classifier_of_scikit_learn_trains_on():
    model = from_onnx(FILES / "sklearn_logistic.onnx")
    (x,), (labels, scores) = content("sklearn_logistic")
    known = hornlet.Model(model.inputs, model.outputs[1])
    known.compile(hornlet.optimizers.Adam(0.1), "sparse_categorical_crossentropy")
    wanted = (labels + 1) % 3
    known.fit(x, wanted, epochs=60, verbose=0)
    assert (model.predict(x, verbose=0)[0] == wanted).mean() >= 0.8


@pytest.mark.parametrize("name", ["torch_cnn", "torch_lstm", "sklearn_mlp"])
def test_what_was_read_is_saved_and_written_again(name, tmp_path):
    model = from_onnx(FILES / f"{name}.onnx")
    (x,), ys = content(name)
    model.save(tmp_path / "m.keras")
    again = hornlet.saving.load_model(tmp_path / "m.keras")
    for y, wanted in zip(hornlet.tree.flatten(again(x)), ys):
        np.testing.assert_allclose(y, wanted, atol=1e-5)
    made, session = exported(again, tmp_path)
    assert_same(session, model, [x])
    if "lstm" in name:
        assert "batch" in str(made.graph.input[0])


def test_the_graph_has_its_name_and_weights_theirs(tmp_path):
    model = from_onnx(FILES / "torch_mlp.onnx")
    graph = onnx.load(FILES / "torch_mlp.onnx").graph
    (layer,) = [x for x in model.layers if type(x).__name__ == "OnnxGraph"]
    arrays = {x.name: onnx.numpy_helper.to_array(x) for x in graph.initializer}
    for name, variable in layer.named_variables.items():
        np.testing.assert_array_equal(variable.numpy(), arrays[name])
    assert from_onnx(FILES / "torch_mlp.onnx", name="mine").name == "mine"
    assert "torch_mlp.onnx" in layer.get_config()["source"]


def made_of(nodes, inputs, outputs, initializers=(), opset=18, domain=""):
    helper = onnx.helper
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(n, 1, shape) for n, shape in inputs],
        [helper.make_tensor_value_info(n, 1, None) for n in outputs],
        list(initializers),
    )
    opsets = [helper.make_opsetid(domain, opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


@pytest.mark.parametrize(
    ("op", "inputs", "attributes", "reason"),
    [
        ("Unheard", ["x"], {}, "the operator 'Unheard', which hornlet lacks"),
        ("Relu", ["z"], {}, "takes 'z', which nothing before it makes"),
        ("Relu", ["y"], {}, "takes 'y', which nothing before it makes"),
        ("Relu", ["x", "x"], {}, "Relu cannot be computed"),
        ("Softmax", ["x"], {"temperature": 2.0}, "Softmax cannot be computed.*temperature"),
        ("Reshape", ["x", "x"], {}, "depends on the data"),
        ("LSTM", ["x", "x", "x"], {"clip": 1.0}, "clip and input_forget are not supported"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(op, inputs, attributes, reason, tmp_path):
    node = onnx.helper.make_node(op, inputs, ["y"], name="it", **attributes)
    model = made_of([node], [("x", ("n", 3))], ["y"])
    path = tmp_path / "bad.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(FileError, match=f"bad.onnx: graph.node:it: .*{reason}"):
        from_onnx(path)


@pytest.mark.parametrize("opset", [1, 99])
def test_versions_that_are_not_known_are_refused(opset, tmp_path):
    node = onnx.helper.make_node("Relu", ["x"], ["y"])
    path = tmp_path / "bad.onnx"
    path.write_bytes(made_of([node], [("x", (2,))], ["y"], opset=opset).SerializeToString())
    with pytest.raises(FileError, match="opset_import: operators of version"):
        from_onnx(path)


def test_files_that_are_not_there_or_no_onnx(tmp_path):
    with pytest.raises(ValueError, match="File not found"):
        from_onnx(tmp_path / "none.onnx")
    path = tmp_path / "text.onnx"
    path.write_text("import os")
    with pytest.raises(FileError, match="text.onnx"):
        from_onnx(path)
    path.write_bytes(b"")
    with pytest.raises(FileError, match="holds no graph"):
        from_onnx(path)
