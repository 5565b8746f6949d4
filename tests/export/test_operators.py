"""Every ONNX operator that is read computes what ONNX Runtime does."""

import numpy as np
import pytest

import hornlet
from hornlet.saving.onnx import layer  # noqa: F401  (fills the table)
from hornlet.saving.onnx.run import OPERATORS
from tests.export.exported import onnx, ort, run
from tests.export.test_import import FILES

random = np.random.default_rng(0)
CASES = []


def f(*shape):
    return random.normal(size=shape).astype("float32")


def i64(*values):
    return np.array(values, "int64")


class Case:
    """Inputs are arrays; those after `fed` ones are initializers, None is left out."""

    def __init__(self, op, *inputs, fed=1, outputs=1, opset=18, domain="", **attributes):
        self.op, self.inputs, self.fed, self.outputs = op, inputs, fed, outputs
        self.opset, self.domain, self.attributes = opset, domain, attributes
        self.number = sum(c.op == op for c in CASES)

    def __repr__(self):
        return f"{self.op}-{self.number}"

    def model(self):
        helper = onnx.helper
        names = ["" if x is None else f"x{i}" for i, x in enumerate(self.inputs)]
        outputs = [f"y{i}" for i in range(self.outputs)]
        node = helper.make_node(
            self.op, names, outputs, name="it", domain=self.domain, **self.attributes
        )
        infos = [
            helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
            for n, x in zip(names[: self.fed], self.inputs)
        ]
        weights = [
            onnx.numpy_helper.from_array(x, n)
            for n, x in list(zip(names, self.inputs))[self.fed :] if n
        ]  # fmt: skip
        graph = helper.make_graph(
            [node], "g", infos, [helper.make_empty_tensor_value_info(y) for y in outputs], weights
        )
        opsets = [helper.make_opsetid("", self.opset)]
        if self.domain:
            opsets.append(helper.make_opsetid(self.domain, 3))
        return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


def case(*args, **kwargs):
    CASES.append(Case(*args, **kwargs))


x, image = f(2, 3, 4), f(2, 4, 7, 6)
for op in ("Abs", "Atan", "Cos", "Elu", "Erf", "Exp", "HardSigmoid", "HardSwish", "Identity", "Neg",
           "LeakyRelu", "Mish", "Relu", "Round", "Selu", "Sigmoid", "Sign", "Sin", "Softplus",
           "Softsign", "Tan", "Tanh", "ThresholdedRelu", "Floor", "Ceil", "Celu", "IsNaN", "Sinh",
           "Cosh", "Asinh", "Dropout"):  # fmt: skip
    case(op, x)
for op in ("Acos", "Asin", "Atanh"):
    case(op, np.clip(x, -0.9, 0.9))
for op in ("Log", "Sqrt", "Reciprocal"):
    case(op, np.abs(x) + 0.5)
case("Acosh", np.abs(x) + 1.5)
case("Gelu", x, opset=20)
case("Gelu", x, opset=20, approximate="tanh")
case("IsInf", np.array([np.inf, -np.inf, 1], "float32"), detect_negative=0)
case("Not", x > 0)
case("BitwiseNot", i64(1, 5))
case("Det", f(2, 3, 3))
case("PRelu", x, f(3, 1))
case("Clip", x, np.float32(-0.5), np.float32(0.7))
case("Clip", x, min=-0.5, max=0.7, opset=10)
case("Cast", x, to=7)
case("CastLike", x, i64(1))
for op in ("Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean", "Equal", "Less", "LessOrEqual",
           "Greater", "GreaterOrEqual"):  # fmt: skip
    case(op, x, f(3, 1))
case("Pow", np.abs(x), f(4))
case("Div", i64(7, -7, 7, -7), i64(2, 2, -2, -2))
case("Mod", i64(7, -7, 7, -7), i64(3, 3, -3, -3))
case("Mod", f(5), f(5), fmod=1)
for op in ("And", "Or", "Xor"):
    case(op, x > 0, x < 0.5)
for op in ("BitwiseAnd", "BitwiseOr", "BitwiseXor"):
    case(op, i64(1, 5, 6), i64(3, 3, 3))
case("BitShift", np.array([1, 8], "uint32"), np.array([2, 1], "uint32"), direction="LEFT")
case("Where", x > 0, x, f(4))
for op in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1",
           "ReduceL2", "ReduceLogSumExp", "ReduceSumSquare"):  # fmt: skip
    case(op, x, i64(1, -1))
    case(op, x, keepdims=0)
case("ReduceLogSum", np.abs(x), i64(0))
case("ReduceMean", x, axes=[1], opset=13)
case("ReduceSum", x, noop_with_empty_axes=1)
for op in ("ArgMax", "ArgMin"):
    case(op, x, axis=-1, keepdims=0)
    case(op, np.round(x), axis=1, select_last_index=1)
case("CumSum", x, np.array(1, "int64"), exclusive=1, reverse=1)
case("TopK", x, i64(2), outputs=2)
case("TopK", x, i64(2), outputs=2, axis=1, largest=0)
for op in ("Softmax", "LogSoftmax", "Hardmax"):
    case(op, x, axis=1)
    case(op, x, opset=11)
case("Reshape", x, i64(0, -1))
case("Reshape", x, i64(4, 6))
case("Flatten", x, axis=2)
case("Transpose", x)
case("Transpose", x, perm=[1, 2, 0])
case("Expand", f(3, 1), i64(2, 1, 4))
case("Tile", f(2, 3), i64(2, 3))
case("Squeeze", f(1, 3, 1), i64(0))
case("Squeeze", f(1, 3, 1))
case("Squeeze", f(1, 3, 1), axes=[-1], opset=11)
case("Unsqueeze", x, i64(0, -1))
case("Concat", x, f(2, 2, 4), axis=1)
case("Split", f(7, 2), i64(2, 5), outputs=2)
case("Split", f(7, 2), outputs=3, num_outputs=3)
case("Split", f(6, 2), outputs=2, opset=11)
case("Slice", x, i64(1, -1), i64(9, -9), i64(1, 2), i64(1, -2))
case("Slice", x, starts=[0, 1], ends=[2, -1], opset=9)
case("Pad", x, i64(1, 0, 2, 0, 1, 1), np.float32(0.5))
case("Pad", f(4, 5), i64(1, 2, -1, 1), mode="reflect")
case("Pad", f(4, 5), i64(1, 2, 0, 1), mode="edge")
case("Gather", x, i64(2, -1), axis=1)
case("GatherElements", x, i64(0, 1, 2, -1).reshape(1, 1, 4), axis=1)
case("GatherND", x, np.array([[0, 1], [1, -1]], "int64"))
case("ScatterND", x, np.array([[0, 1], [1, 2]], "int64"), f(2, 4))
case("ScatterND", x, np.array([[0, 1], [0, 1]], "int64"), f(2, 4), reduction="add")
case("ScatterElements", f(3, 4), np.array([[1, 0], [0, 2]], "int64"), f(2, 2))
case("ScatterElements", f(3, 4), np.array([[1, 1]], "int64"), f(1, 2), axis=1, reduction="add")
case("Shape", x)
case("Shape", x, start=1, end=-1)
case("Size", x)
case("OneHot", i64(1, -1, 2), i64(3), np.array([0.5, 2], "float32"), axis=0)
case("Trilu", x, np.array(1, "int64"), upper=0)
case("Trilu", x)
case("DepthToSpace", image, blocksize=2)
case("DepthToSpace", image, blocksize=2, mode="CRD")
case("SpaceToDepth", f(2, 3, 4, 6), blocksize=2)
case("MatMul", x, f(4, 5))
case("Gemm", f(3, 2), f(4, 3), f(4), transA=1, transB=1, alpha=0.5, beta=2.0)
case("Gemm", f(2, 3), f(3, 4))
case("Einsum", x, f(4, 5), equation="bij,jk->bik")
case("Conv", image, f(6, 2, 3, 2), f(6), group=2, strides=[2, 1], pads=[1, 0, 1, 1])
case("Conv", image, f(3, 4, 3, 3), auto_pad="SAME_UPPER", strides=[2, 2])
case("Conv", image, f(3, 4, 2, 2), auto_pad="SAME_LOWER")
case("Conv", f(2, 3, 8), f(4, 3, 3), dilations=[2])
case("ConvTranspose", image, f(4, 3, 3, 2), f(6), group=2, strides=[2, 3], pads=[1, 0, 0, 1],
     output_padding=[1, 2])  # fmt: skip
case("MaxPool", image, kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1])
case("MaxPool", image, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
case("AveragePool", image, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
case("AveragePool", image, kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
case("AveragePool", f(1, 1, 5, 5), kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
case("GlobalAveragePool", image)
case("GlobalMaxPool", image)
case("BatchNormalization", image, f(4), f(4), f(4), np.abs(f(4)) + 0.5, epsilon=1e-3)
case("InstanceNormalization", image, f(4), f(4))
case("LayerNormalization", x, f(4), f(4))
case("LayerNormalization", x, f(3, 4), axis=1)
case("GroupNormalization", image, f(2), f(2), num_groups=2)
case("GroupNormalization", image, f(4), f(4), num_groups=2, opset=21)
case("LpNormalization", x, axis=1)
case("LpNormalization", x, p=1)
case("Resize", image, None, np.array([1, 1, 2, 3], "float32"), mode="nearest",
     coordinate_transformation_mode="asymmetric", nearest_mode="floor")  # fmt: skip
case("Resize", image, None, None, i64(2, 4, 5, 9), mode="linear")
case("Resize", image, None, None, i64(2, 4, 14, 9), mode="linear",
     coordinate_transformation_mode="align_corners")  # fmt: skip
case("Upsample", image, np.array([1, 1, 2, 2], "float32"), opset=9)
case("DFT", f(2, 8, 1), axis=1, onesided=1, opset=17)
case("DFT", f(2, 5, 2), axis=1, inverse=1, opset=17)
for op, gates in (("LSTM", 4), ("GRU", 3), ("RNN", 1)):
    w, r, b = f(2, gates * 3, 4), f(2, gates * 3, 3), f(2, 2 * gates * 3)
    some = {"outputs": 3 if op == "LSTM" else 2, "hidden_size": 3}
    sequence, lengths = f(5, 2, 4), np.array([5, 3], "int32")
    case(op, sequence, w, r, b, lengths, direction="bidirectional", **some)
    case(op, sequence, w[:1], r[:1], b[:1], None, f(1, 2, 3), direction="reverse", **some)
    case(op, sequence, w[:1], r[:1], **some)
case("GRU", f(5, 2, 4), f(1, 9, 4), f(1, 9, 3), f(1, 18), outputs=2, hidden_size=3,
     linear_before_reset=1)  # fmt: skip
case("LSTM", f(5, 2, 4), f(1, 12, 4), f(1, 12, 3), outputs=3, hidden_size=3,
     activations=["HardSigmoid", "Tanh", "LeakyRelu"], activation_alpha=[0.3, 0.02],
     activation_beta=[0.4])  # fmt: skip
ML = {"domain": "ai.onnx.ml"}
case("Scaler", f(3, 2), offset=[0.5, 1.0], scale=[2.0, 3.0], **ML)
for norm in ("MAX", "L1", "L2"):
    case("Normalizer", np.abs(f(3, 2)), norm=norm, **ML)
case("Binarizer", f(3, 2), threshold=0.2, **ML)
case("Imputer", np.array([[1, np.nan], [np.nan, 2]], "float32"), **ML,
     imputed_value_floats=[5.0, 6.0], replaced_value_float=float("nan"))  # fmt: skip
case("FeatureVectorizer", f(3, 2), f(3, 1), fed=2, inputdimensions=[2, 1], **ML)
case("ArrayFeatureExtractor", f(3, 4), i64(2, 0), **ML)
case("LinearRegressor", f(3, 2), coefficients=[1.0, 2.0, 3.0, 4.0], intercepts=[0.5, 1.0],
     targets=2, **ML)  # fmt: skip
for post in ("NONE", "LOGISTIC", "SOFTMAX"):
    case("LinearClassifier", f(5, 2), coefficients=[1.0, 2.0, -3.0, 1.0, 0.0, 2.0], outputs=2,
         intercepts=[0.5, 0.0, -1.0], classlabels_ints=[4, 6, 9], post_transform=post,
         **ML)  # fmt: skip
case("LabelEncoder", i64(3, 5, 7), keys_int64s=[3, 5], values_int64s=[10, 20], default_int64=-1,
     **ML)  # fmt: skip
# Operators that files of the other tests have, written by hornlet, torch and scikit-learn.
ELSEWHERE = {"Constant", "ConstantOfShape", "Range", "Scan", "If", "Loop", "ZipMap"}


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_an_operator_computes_what_onnx_runtime_does(case, tmp_path):
    content = case.model()
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    arrays = list(case.inputs[: case.fed])
    model = hornlet.saving.from_onnx(path)
    found = hornlet.tree.flatten(model(arrays if case.fed > 1 else arrays[0]))
    wanted = run(session, arrays)
    for y, own in zip(wanted, found):
        own = np.asarray(own)
        assert (own.shape, own.dtype) == (y.shape, y.dtype)
        np.testing.assert_allclose(own, y, rtol=2e-5, atol=2e-5)


def test_every_operator_has_a_case():
    tried = {case.op for case in CASES}
    assert set(OPERATORS) == tried | ELSEWHERE and not tried & ELSEWHERE
    found = set()
    for path in FILES.glob("*.onnx"):
        found |= {node.op_type for node in onnx.load(path).graph.node}
    assert {"Constant", "ZipMap"} <= found
