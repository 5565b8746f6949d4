"""Reading ONNX files: the graph checked whole, its operators in hornlet's functions, a model."""
