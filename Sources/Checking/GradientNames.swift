/// How people name gradients: `dL_dW_o`, `dW1`, `grad_W`, `W_grad`.
enum GradientNames {
  private static let prefixes = [
    "dL_d", "dLoss_d", "dloss_d", "dcost_d", "dJ_d", "dE_d", "dC_d", "dLd", "gradient_", "grad_",
    "nabla_", "grad", "∂L_∂", "∂", "g_", "d_", "d", "g",
  ]
  private static let suffixes = ["_gradient", "_grad", "Grad", "_g"]
  /// Prefixes and suffixes that mean nothing but a gradient.
  private static let certain = ["dL_d", "dLoss_d", "dloss_d", "dcost_d", "grad_", "gradient_"]

  /// The variable whose gradient a name speaks of, among those known.
  static func variable(of name: String, among known: [String]) -> String? {
    for part in parts(of: name) {
      if known.contains(part) { return part }
      let plain = normalized(part)
      if let match = known.first(where: { normalized($0) == plain }), !plain.isEmpty {
        return match
      }
    }
    return nil
  }

  /// Whether a name can hardly mean anything but a gradient.
  static func isCertain(_ name: String) -> Bool {
    certain.contains { name.hasPrefix($0) && name.count > $0.count } || name.hasSuffix("_grad")
  }

  private static func parts(of name: String) -> [String] {
    let after = prefixes.filter { name.hasPrefix($0) }.map { String(name.dropFirst($0.count)) }
    let before = suffixes.filter { name.hasSuffix($0) }.map { String(name.dropLast($0.count)) }
    return (after + before).filter { !$0.isEmpty }
  }

  private static func normalized(_ name: String) -> String {
    name.filter { $0 != "_" }.lowercased()
  }

  /// Names that losses have.
  static let losses = [
    "L", "loss", "cost", "J", "E", "C", "objective", "nll", "total_loss", "error",
  ]

  /// The builtins that are losses, with targets first.
  static let lossBuiltins = ["averageCE", "cross_entropy", "mse"]

  /// What parameters of gradient functions are usually called with.
  static let aliases: [String: [String]] = [
    "target": ["y", "t", "targets", "labels"], "prediction": ["p", "y_hat", "yhat", "pred", "out"],
    "inputs": ["x", "X"], "hidden": ["h", "a1", "h1"],
  ]
}
