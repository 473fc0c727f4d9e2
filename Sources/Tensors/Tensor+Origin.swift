extension Tensor {
  /// The logits that a tensor of probabilities was computed from: a loss computed from these is
  /// exact where the probabilities themselves have become 0 or 1.
  package struct Origin: Sendable {
    /// What was applied; the raw value is the operation's name, where one gives it alone.
    package enum Function: String, Sendable {
      case softmax
      case sigmoid
      /// 1 − sigmoid
      case complement
    }

    let function: Function
    let logits: Tensor
    /// Whether a probability has become so small that its logarithm is no longer known.
    let losesLogarithms: Bool
  }

  /// The logits that this whole tensor came from by `function`, if that is known.
  package func origin(of function: Origin.Function) -> Tensor? {
    guard let origin = storage.origin, origin.function == function, isContiguous, offset == 0,
      origin.logits.shape == shape
    else { return nil }
    return origin.logits
  }

  /// The same tensor, which remembers what it was computed from until it is written to.
  package func remembering(
    _ logits: Tensor, through function: Origin.Function, losesLogarithms: Bool = false
  ) -> Tensor {
    // Probabilities of probabilities are never that sure; a loop must not make a chain of them.
    if logits.storage.origin == nil {
      storage.origin = Origin(
        function: function, logits: logits, losesLogarithms: losesLogarithms)
    }
    return self
  }
}
