import Language
import Networks

/// `smooth=` and `weights=` in a call of a loss, as `train` has them.
extension LossOptions {
  static let smoothing = Parameter(
    "smooth", .number, default: .number(0), misnomers: ["label_smoothing"],
    "the share of each target that is spread over the classes")

  static let parameters = [
    smoothing,
    Parameter(
      "weights", .any, default: .computed("all alike"),
      misnomers: ["weight", "class_weight", "class_weights"],
      "how much each class counts: \"balanced\", or a number a class; the loss is then the sum of "
        + "weight · loss over the sum of the weights"),
  ]

  /// Those of a call.
  ///
  /// - Parameter first: the position of `smooth`; `weights`, where the loss has it, comes after.
  init(_ arguments: borrowing Arguments, from first: Int) throws {
    var weights: ClassWeights?
    if arguments.isGiven(first + 1) {
      switch arguments[first + 1] {
      case .none: break
      case .string(let box) where box.content == "balanced": weights = .balanced
      case let value:
        guard let numbers = try value.asNumbers() else {
          throw arguments.mismatch(first + 1, expected: "\"balanced\", or a number a class")
        }
        weights = .given(numbers)
      }
    }
    self.init(smoothing: try arguments.number(first), weights: weights)
    try check()
  }
}
