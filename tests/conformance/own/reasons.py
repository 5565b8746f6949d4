"""Keras's own tests that hornlet does not pass, by reason. `*` stands for any part of a name."""

# Files that are not run: they test what is no part of hornlet.
FILES = {
    "applications/applications_test.py": "loads weights from the network",
    "backend/jax/*": "of another backend",
    "backend/tensorflow/*": "of another backend",
    "backend/torch/*": "of another backend",
    "export/litert_*": "needs TensorFlow",
    "export/openvino_test.py": "needs OpenVINO",
    "export/saved_model*": "needs TensorFlow",
    "export/tf*": "needs TensorFlow",
    "export/torch_*": "needs torch",
    "trainers/data_adapters/grain_*": "needs grain",
    "trainers/data_adapters/tf_*": "needs TensorFlow",
    "trainers/data_adapters/torch_*": "needs torch",
    "utils/jax_layer_test.py": "wraps functions of JAX",
    "utils/torch_utils_test.py": "wraps modules of torch",
}
# Files with thousands of cases, each compiled by JAX: minutes of work.
SLOW = ("ops/numpy_test.py",)

_BY_REASON = {
    "looks at Keras's inside: mocks, private names, classes behind its functions": [
        "backend/common/dtypes_test.py::DtypesTest::test_*least_upper_bound*",
        "backend/common/dtypes_test.py::DtypesTest::test_invalid_dtype_for_keras_promotion",
        "backend/common/dtypes_test.py::DtypesTest::test_valid_dtype_leading_to_*",
        "backend/common/keras_tensor_test.py::KerasTensorTest::test_*_method",
        "backend/common/remat_test.py::RematTest::*",
        "backend/common/variables_test.py::*::test_standardize_shape_preserves_none_all_dynamic",
        "backend/common/variables_test.py::*::test_standardize_shape_preserves_none_mixed",
        "backend/common/variables_test.py::*::test_standardize_shape_with_non_iterable",
        "backend/common/variables_test.py::*::test_standardize_shape_with_valid_input_with_none",
        "distillation/distiller_test.py::TestDistiller::test_distiller_initialization",
        "layers/core/*_test.py::*::test_int4_*_kernel_returns_unpacked_form",
        "layers/core/*_test.py::*::test_quantize_float8",
        "layers/core/*_test.py::*::test_quantize_invalid_mode_*",
        "layers/layer_test.py::LayerTest::*_with_remat",
        "layers/layer_test.py::LayerTest::test_remat_larger_than_mode",
        "layers/layer_test.py::LayerTest::test_remat_wrapper_list_of_layers",
        "layers/preprocessing/image_preprocessing/random_flip_test.py::*::test_random_flip_horizontal",
        "layers/preprocessing/image_preprocessing/random_flip_test.py::*::test_random_flip_vertical",
        "layers/rnn/conv_lstm_test.py::*::test_correctness",
        "metrics/f_score_metrics_test.py::*::test_non_2d_input_shapes_raises_value_error",
        "metrics/f_score_metrics_test.py::*::test_undefined_output_dim_raises_value_error",
        "ops/core_test.py::CoreOpsBehaviorTests::test_cond_check_output_spec",
        "ops/linalg_test.py::QrOpTest::test_qr_init_invalid_mode",
        "ops/math_test.py::ExtractSequencesOpTest::test_compute_output_spec_low_rank",
        "ops/nn_test.py::NNOpsBehaviorTest::test_check_shape_first_dim_mismatch",
        "ops/node_test.py::NodeTest::test_output_tensor_error",
        "ops/numpy_test.py::NumpyTwoInputOpsDynamicShapeTest::test_broadcast_shapes_*",
        "ops/operation_test.py::OperationTest::test_rematerialized_call",
        "optimizers/multi_optimizer_test.py::*::test_multi_optimizer_blocks_nested_optimizers",
        "saving/saving_lib_test.py::SafeZipReadTest::test_load_model_rejects_extraction_bomb",
        "saving/saving_lib_test.py::*::test_legacy_load_skips_missing_nested_containers",
        "trainers/compile_utils_test.py::TestCompileLoss::test_list_loss_dict_data",
        "utils/dtype_utils_test.py::IsFloatTests::test_is_float_containing_float",
        "utils/dtype_utils_test.py::IsFloatTests::test_is_float_empty_string",
        "utils/file_utils_test.py::ExtractArchiveTest::test_*_during_extraction",
    ],
    "compares the text of a message": [
        "regularizers/regularizers_test.py::*::test_orthogonal_regularizer_*_validation",
    ],
    "hands on tensors of TensorFlow, or mocks its logging": [
        "callbacks/tensorboard_test.py::TestTensorBoardV2::test_TensorBoard_non_blocking",
        "saving/saving_api_test.py::SaveModelTests::test_save_h5_format",
        "utils/io_utils_test.py::TestIoUtils::test_print_msg_non_interactive",
        "utils/text_dataset_utils_test.py::*::test_text_dataset_from_directory_binary_tf",
        "utils/text_dataset_utils_test.py::*::test_text_dataset_from_directory_multiclass_tf",
        "utils/text_dataset_utils_test.py::*::test_text_dataset_from_directory_not_batched_tf",
        "utils/text_dataset_utils_test.py::*::test_text_dataset_from_directory_standalone_tf",
    ],
    "floats where integers are needed: refused when a graph is built, in Keras when it runs": [
        "ops/core_test.py::CoreOps*ShapeTest::test_scatter*",
        "ops/core_test.py::CoreOps*ShapeTest::test_switch",
        "ops/math_test.py::MathOps*ShapeTest::test_in_top_k",
        "ops/math_test.py::TestMathErrors::test_segment_reduce_leading_not_match?",
        "ops/nn_test.py::NNOps*ShapeTest::*multi_hot",
        "ops/nn_test.py::NNOps*ShapeTest::test_ctc_decode",
        "ops/numpy_test.py::NumpyOneInputOps*ShapeTest::test_bitwise_invert",
        "ops/numpy_test.py::NumpyOneInputOps*ShapeTest::test_unravel_index",
        "ops/numpy_test.py::NumpyTwoInputOps*ShapeTest::test_bitwise_*",
        "ops/numpy_test.py::NumpyTwoInputOps*ShapeTest::test_gcd",
        "ops/numpy_test.py::NumpyTwoInputOps*ShapeTest::test_lcm",
        "ops/numpy_test.py::NumpyTwoInputOps*ShapeTest::test_ldexp",
        "ops/numpy_test.py::NumpyTwoInputOps*ShapeTest::test_take",
    ],
    "shapes and arguments that no backend can run: refused when a graph is built": [
        "layers/core/einsum_dense_test.py::EinsumDenseTest::test_einsum_dense_constraints",
        "ops/core_test.py::CoreOpsBehaviorTests::test_while_loop_output_spec",
        "ops/image_test.py::ImageOpsStaticShapeTest::test_gaussian_blur",
        "ops/nn_test.py::NNOps*ShapeTest::test_dot_product_attention",
        "ops/nn_test.py::NNOps*ShapeTest::test_psnr",
        "ops/nn_test.py::NNOpsStaticShapeTest::test_ctc_loss",
        "ops/nn_test.py::NNOpsStaticShapeTest::test_layer_normalization",
        "ops/nn_test.py::NNOpsStaticShapeTest::test_polar",
        "ops/numpy_test.py::NumpyOneInputOps*ShapeTest::test_argpartition",
        "ops/numpy_test.py::NumpyOneInputOps*ShapeTest::test_nancum*",
        "ops/numpy_test.py::NumpyTwoInputOpsDynamicShapeTest::test_tensordot",
        "ops/numpy_test.py::NumpyTwoInputOpsStaticShapeTest::test_einsum",
    ],
    "a shape that depends on values: known shapes are what a plan is made of": [
        "ops/core_test.py::CoreOpsStaticShapeTest::test_slice_negative_one_shape_tensor_indices",
        "ops/math_test.py::MathOps*ShapeTest::test_segment_reduce?",
        "ops/numpy_test.py::*::test_reshape_symbolic_tensor_shape",
        "ops/numpy_test.py::*::test_view",
        "ops/numpy_test.py::NumpyTwoInputOps*ShapeTest::test_where",
    ],
    "hornlet can, or infers more than Keras": [
        "ops/image_test.py::ImageOpsBehaviorTests::test_crop_images_unknown_shape",
        "ops/linalg_test.py::QrOpTest::test_compute_output_spec_undefined_dimensions",
        "ops/math_test.py::FFT2Test::test_fft2_undefined_dimensions",
        "ops/math_test.py::FFTTest::test_fft_last_axis_not_fully_defined",
        "ops/numpy_test.py::NumpyOneInputOps*ShapeTest::test_ndim",
        "ops/numpy_test.py::NumpyOneInputOpsDynamicShapeTest::test_corrcoef",
        "ops/numpy_test.py::NumpyOneInputOpsDynamicShapeTest::test_diag",
        "ops/numpy_test.py::NumpyOneInputOpsDynamicShapeTest::test_diagonal",
        "ops/numpy_test.py::NumpyOneInputOpsDynamicShapeTest::test_get_item",
        "ops/numpy_test.py::NumpyOneInputOpsDynamicShapeTest::test_repeat",
        "ops/numpy_test.py::NumpyOneInputOpsStaticShapeTest::test_size",
        "ops/numpy_test.py::NumpyTwoInputOpsDynamicShapeTest::test_searchsorted",
    ],
    "files hold no code, name registered classes only, and are not left half written": [
        "datasets/npz_utils_test.py::LoadNpzTest::test_rejects_pickle_gadget",
        "layers/core/lambda_layer_test.py::LambdaTest::test_correctness*",
        "layers/core/lambda_layer_test.py::*::test_from_config_fails_closed_without_safe_mode_scope",
        "layers/core/wrapper_test.py::WrapperTest::test_wrapper_basics",
        "layers/rnn/rnn_test.py::RNNTest::test_basics",
        "layers/rnn/rnn_test.py::RNNTest::test_serialization",
        "models/sequential_test.py::SequentialTest::test_serialization_with_lambda_layer",
        "saving/saving_lib_test.py::SavingAPITest::test_safe_mode",
        "saving/saving_lib_test.py::*::test_complex_model_without_explicit_deserialization",
        "saving/saving_lib_test.py::*::test_custom_object_without_from_config",
        "saving/saving_lib_test.py::SavingTest::test_save_model_exception_raised_*",
        "saving/serialization_lib_test.py::SerializationLibTest::test_lambda_*",
    ],
    "Keras on NumPy has no flash attention either": [
        "ops/nn_test.py::NNOpsCorrectnessTest::test_dot_product_attention_*_true",
    ],
    "the ends of istft differ between Keras's backends, and the test knows theirs only": [
        "ops/math_test.py::MathOpsCorrectnessTest::test_istft[03456]",
    ],
    "there are no sparse tensors": [
        "ops/core_test.py::CoreOpsStaticShapeTest::test_convert_to_tensor",
        "ops/nn_test.py::NNOps*ShapeTest::test_one_hot",
    ],
    "Keras takes rows, channels or corners for pictures where a batch of pictures is due": [
        "layers/preprocessing/image_preprocessing/mix_up_test.py::MixUpTest::test_mix_up_b*",
    ],
    "Keras writes its result into the dictionary that it was given": [
        "layers/preprocessing/image_preprocessing/random_crop_test.py::*::test_dict_input",
    ],
    "x and y of a batch differ in length: refused": [
        "layers/preprocessing/mel_spectrogram_test.py::*::test_mel_spectrogram_basics",
    ],
    "Keras's config loses the axis": [
        "losses/losses_test.py::CosineSimilarityTest::test_config",
    ],
    "a NumPy array is a tensor here, and a variable has its value at once": [
        "backend/common/variables_test.py::VariableDtypeShapeNdimRepr::test_variable_repr",
        "ops/core_test.py::CoreOpsCorrectnessTest::test_is_tensor",
        "ops/math_test.py::ViewAsComplexRealTest::test_view_as_complex_basic",
    ],
    "a data set is shuffled anew at each pass": [
        "utils/image_dataset_utils_test.py::*::test_image_dataset_from_directory_shuffle_grain",
    ],
    "one process, one device": [
        "distribution/distribution_lib_test.py::DistributionTest::test_scope",
    ],
    "NumPy's answer depends on its version": [
        "ops/numpy_test.py::NumpyOneInputOpsCorrectnessTest::test_nanmedian",
    ],
    "Keras says () where the result has the stack's shape": [
        "ops/numpy_test.py::NumpyOneInputOpsCorrectnessTest::test_slogdet",
    ],
}

REASONS = {pattern: reason for reason, tests in _BY_REASON.items() for pattern in tests}

# Tests that fail for some draws of the weights, which they do not fix.
BY_CHANCE = {
    "wrappers/sklearn_test.py::test_sklearn_estimator_decision_function*": "decision_function of "
    "two classes has one number per sample, as scikit-learn's checks ask; Keras's has two",
}
