import Language
import Networks
import Tensors

/// Values that are out of date.
extension FaultSearch {
  /// Variables that the gradient reads and the loss does not: if it is right with what the loss
  /// computes in their place, they are out of date.
  func considerStale() throws {
    for values in try replacements() {
      guard let fresh = try? evaluated(replacing: values) else { continue }
      var also: String?
      if !tolerance.agree(fresh, truth) {
        guard let multiple = multiple(fresh, of: truth) else { continue }
        also = multiple
      }
      let guilty = guilty(of: values) { self.tolerance.agree($0, self.truth) }
      return propose(
        Finding(
          fault: .stale,
          text: Self.staleness(guilty) + ": the loss computes "
            + (guilty.count == 1 ? "another now; with it" : "others now; with them")
            + " computed again the gradient is right",
          also: also, place: .name(guilty.first ?? ""), rank: .staleValue))
    }
  }

  /// Another fault in a gradient that was computed from values out of date.
  func behindStaleValues() throws -> Finding? {
    for values in try replacements() {
      guard let fresh = try? evaluated(replacing: values), !tolerance.agree(fresh, given) else {
        continue
      }
      let search = FaultSearch(environment, loss: loss, tolerance: tolerance, given: fresh)
      guard var finding = try search.run() else { continue }
      let names = Self.staleness(values.keys.sorted())
      finding.also = [finding.also, names].compactMap { $0 }.joined(separator: "; ")
      return finding
    }
    return nil
  }

  static func staleness(_ names: [String]) -> String {
    names.joined(separator: " and ")
      + (names.count == 1 ? " holds an old value" : " hold old values")
  }

  /// Of values that were replaced, those without which it stays wrong.
  private func guilty(of values: [String: Value], isRight: ([Double]) -> Bool) -> [String] {
    let needed = values.keys.sorted().filter { name in
      var others = values
      others[name] = nil
      guard let partly = try? evaluated(replacing: others) else { return true }
      return !isRight(partly)
    }
    return needed.isEmpty ? values.keys.sorted() : needed
  }

  /// For the variables that hold what the loss computes no longer, what it computes now: by the
  /// statements that defined them, else the most likely values of the loss first.
  func replacements() throws -> [[String: Value]] {
    let defined = try Definitions(environment).outdated(tolerance)
    return (defined.isEmpty ? [] : [defined]) + (try likelyReplacements())
  }

  private func likelyReplacements() throws -> [[String: Value]] {
    let names = environment.gradientNames.filter { !environment.lossNames.contains($0) }
    var choices: [(name: String, values: [Tensor])] = []
    for name in names {
      guard case .tensor(let box)? = environment.machine.globals[name],
        box.content.elementType != .bool, box.content.count > 1
      else { continue }
      let held = box.content.doubles()
      var near: [(distance: Double, value: Tensor)] = computed(of: box.content.shape).map { value in
        let gaps = zip(held, value.doubles())
        return (gaps.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }, value)
      }
      near.sort { $0.distance < $1.distance }
      guard let first = near.first else { continue }
      let own = held.reduce(0) { $0 + $1 * $1 }
      if first.distance <= 1e-10 * max(own, 1e-300) { continue }
      choices.append((name, near.prefix(3).map(\.value)))
    }
    guard !choices.isEmpty else { return [] }
    var combinations: [[String: Value]] = [[:]]
    for choice in choices.prefix(4) {
      combinations = combinations.flatMap { chosen in
        choice.values.map { value in
          var more = chosen
          more[choice.name] = Value(value)
          return more
        }
      }
    }
    return Array(combinations.prefix(40))
  }

  /// All values of a shape that the loss computes now.
  private func computed(of shape: Shape) -> [Tensor] {
    var found: [Tensor] = []
    for step in steps {
      for value in [step.output] + zip(step.inputs, step.parents).filter({ $0.1 < 0 }).map(\.0)
      where value.shape == shape && found.count < 64 {
        found.append(value)
      }
    }
    return found
  }

  /// The gradient under test with other values in its variables.
  func recomputed(with values: [String: Value]) throws -> Tensor? {
    try environment.replacing(values) {
      try environment.evaluate(environment.subject.gradient)
    }.asTensor()
  }

  private func evaluated(replacing values: [String: Value]) throws -> [Double]? {
    guard let tensor = try recomputed(with: values), tensor.count == given.count else {
      return nil
    }
    if tensor.shape.rank == 2, shape.rank == 2, tensor.shape != shape,
      tensor.shape.dimensions == shape.dimensions.reversed()
    {
      return try tensor.transposed().doubles()
    }
    return tensor.doubles()
  }
}
