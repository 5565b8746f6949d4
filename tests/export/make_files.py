"""Makes the small ONNX files in `files/` that tests read, with inputs and what they should give.

`python tests/export/make_files.py torch` needs torch and onnxscript, `... sklearn` needs
scikit-learn and skl2onnx. The files are kept, so that tests need neither. A file's `.npz` holds the
inputs `x0`, `x1`, ... and the outputs `y0`, `y1`, ...
"""

import pathlib
import sys

import numpy as np

FILES = pathlib.Path(__file__).parent / "files"


def slim(content):
    """The file without notes on the code it came from, which name the maker's own paths."""
    import onnx

    model = onnx.load_model_from_string(content)
    del model.metadata_props[:], model.graph.metadata_props[:], model.graph.value_info[:]
    model.doc_string = model.graph.doc_string = ""
    for part in (*model.graph.node, *model.graph.input, *model.graph.output,
                 *model.graph.initializer):  # fmt: skip
        part.doc_string = ""
        del part.metadata_props[:]
    return model.SerializeToString()


def kept(name, content, xs, ys):
    FILES.mkdir(exist_ok=True)
    (FILES / f"{name}.onnx").write_bytes(slim(content))
    np.savez_compressed(
        FILES / f"{name}.npz",
        **{f"x{i}": x for i, x in enumerate(xs)}, **{f"y{i}": y for i, y in enumerate(ys)},
    )  # fmt: skip


def from_torch():
    import io

    import torch
    from torch import nn

    torch.manual_seed(0)

    class Recurrent(nn.Module):
        def __init__(self, cell, bidirectional):
            super().__init__()
            self.embedding = nn.Embedding(11, 4)
            self.cell = cell(4, 3, batch_first=True, bidirectional=bidirectional)
            self.last = nn.Linear(6 if bidirectional else 3, 2)

        def forward(self, x):
            y, _ = self.cell(self.embedding(x))
            return torch.log_softmax(self.last(y[:, -1]), -1)

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.TransformerEncoderLayer(4, 2, 6, batch_first=True, dropout=0.0)

        def forward(self, x):
            return self.inner(x).mean(1)

    cnn = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
        nn.MaxPool2d(2), nn.Conv2d(4, 4, 3, groups=2, stride=2), nn.LeakyReLU(0.1),
        nn.ConvTranspose2d(4, 2, 2, stride=2), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(2, 3), nn.Softmax(-1),
    )  # fmt: skip
    for layer in cnn:
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2)
    mlp = nn.Sequential(nn.Linear(4, 5), nn.GELU(), nn.LayerNorm(5), nn.Dropout(0.5),
                        nn.Linear(5, 2), nn.Tanh())  # fmt: skip
    number = torch.randn(3, 4)
    image = torch.randn(3, 2, 9, 9)
    words = torch.randint(0, 11, (3, 5))
    sequence = torch.randn(3, 5, 4)
    for name, model, x in (
        ("torch_mlp", mlp, number), ("torch_cnn", cnn, image),
        ("torch_lstm", Recurrent(nn.LSTM, True), words),
        ("torch_gru", Recurrent(nn.GRU, False), words),
        ("torch_rnn", Recurrent(nn.RNN, True), words),
        ("torch_attention", Attention(), sequence),
    ):  # fmt: skip
        model.eval()
        y = model(x).detach().numpy()
        names = {"input_names": ["x"], "output_names": ["y"]}
        # The older exporter, by tracing, and the newer one, of the program; each its own operators.
        file = io.BytesIO()
        torch.onnx.export(model, (x,), file, dynamo=False, dynamic_axes={"x": {0: "n"}},
                          opset_version=14, **names)  # fmt: skip
        kept(name, file.getvalue(), [x.numpy()], [y])
        try:
            program = torch.onnx.export(
                model, (x,), dynamo=True, dynamic_shapes=({0: torch.export.Dim("n")},), **names
            )
            kept(f"{name}_program", program.model_proto.SerializeToString(), [x.numpy()], [y])
        except Exception as error:
            print(name, "has no program:", str(error)[:300])


def from_sklearn():
    from skl2onnx import to_onnx
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    random = np.random.default_rng(0)
    x = random.normal(size=(60, 4)).astype("float32")
    two = (x[:, 0] + x[:, 1] > 0).astype(int)
    three = two + (x[:, 2] > 0.5)
    models = {
        "sklearn_logistic": (LogisticRegression(), three),
        "sklearn_logistic_two": (LogisticRegression(), two),
        "sklearn_mlp": (MLPClassifier((5,), max_iter=50, random_state=0), three),
        "sklearn_mlp_two": (MLPClassifier((3,), max_iter=50, random_state=0), two),
        "sklearn_mlp_regressor": (
            MLPRegressor(hidden_layer_sizes=(4,), activation="tanh", max_iter=50, random_state=0),
            x[:, 0],
        ),
        "sklearn_scaled": (make_pipeline(StandardScaler(), LogisticRegression()), three),
        "sklearn_linear": (make_pipeline(MinMaxScaler(), LinearRegression()), x @ np.ones((4, 2))),
        "sklearn_pca": (make_pipeline(StandardScaler(), PCA(2)), None),
        "sklearn_named": (LogisticRegression(), np.array(["no", "yes"])[two]),
        "sklearn_means": (KMeans(3, n_init=1, random_state=0), None),
    }
    for name, (model, y) in models.items():
        model.fit(x, y)
        given = x[:5]
        plain = hasattr(model, "predict_proba") and name != "sklearn_named"
        options = {id(model): {"zipmap": False}} if plain else None
        made = to_onnx(model, given, options=options, target_opset=17)
        if hasattr(model, "predict_proba"):
            labels = model.predict(given)  # a text is read as its place among the classes
            labels = labels if plain else np.searchsorted(model.classes_, labels)
            results = [labels.astype("int64"), model.predict_proba(given)]
        elif hasattr(model, "transform") and not hasattr(model, "predict"):
            results = [model.transform(given)]
        elif hasattr(model, "cluster_centers_"):
            results = [model.predict(given).astype("int64"), model.transform(given)]
        else:
            results = [np.reshape(model.predict(given), (5, -1))]
        kept(name, made.SerializeToString(), [given], results)


if __name__ == "__main__":
    {"torch": from_torch, "sklearn": from_sklearn}[sys.argv[1]]()
