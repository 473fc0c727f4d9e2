/// What arguments are called in NumPy, PyTorch, Keras and scikit-learn.
extension Parameter {
  /// The names that a parameter of some name has there.
  static let otherNames: [String: Set<String>] = [
    "alpha": ["a"], "axes": ["dims", "axis"], "axis": ["dim", "dims", "axes"],
    "by": ["on", "column"], "causal": ["is_causal"],
    "classes": ["num_classes", "n_classes", "depth"], "ddof": ["correction", "unbiased"],
    "count": ["num", "steps", "num_embeddings"], "counts": ["return_counts"],
    "decimals": ["ndigits"], "descending": ["reverse", "ascending"], "groups": ["num_groups"],
    "heads": ["num_heads", "nhead", "n_heads"], "hidden": ["hidden_size", "units"],
    "in": ["in_features", "in_channels", "input_size", "n_in"], "keepdims": ["keepdim"],
    "kernel": ["kernel_size"], "layers": ["num_layers"], "max": ["a_max"], "min": ["a_min"],
    "minlength": ["min_length"], "n": ["num_samples", "n_samples"], "of": ["chars"],
    "out": ["out_features", "out_channels", "units", "filters", "n_out"],
    "p": ["probs", "pvals", "weights"],
    "prediction": ["y_pred", "input", "output", "pred", "predictions", "logits"],
    "positions": ["indices_or_sections"], "repeats": ["num_repeats"], "sep": ["delimiter"],
    "shift": ["shifts"], "size": ["batch_size", "embedding_dim", "embed_dim", "n", "d_model"],
    "slope": ["negative_slope"], "target": ["y_true", "labels", "targets"],
    "then": ["schedule"], "value": ["fill_value", "constant_values"], "width": ["pad_width"],
  ]

  /// Arguments that nothing here has, and what is done instead.
  static let foreign: [String: String] = [
    "dtype": "numbers become Float64 by f64(x), Float32 by f32(x)",
    "device": "everything is computed here: leave it out",
    "requires_grad": "write grad L() wrt W",
    "inplace": "write x = f(x)",
    "copy": "every value is one's own: leave it out",
  ]

  /// Whether a call may give it under a name.
  ///
  /// Sizes that stand by themselves are `size=` for the one library and `shape=` for the other.
  func answers(to name: String) -> Bool {
    self.name == name || kind == .shape && isVariadic && ["shape", "size"].contains(name)
  }

  /// Whether it is what a name means elsewhere.
  func isMeant(by name: String) -> Bool {
    misnomers.contains(name) || Self.otherNames[self.name]?.contains(name) == true
  }
}
