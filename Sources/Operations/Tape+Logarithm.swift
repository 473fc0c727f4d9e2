import Tensors

// A softmax or sigmoid that comes out as 0 has lost what its logarithm is. The tape still has what
// it was computed from, so that the logarithm is taken of that: finite, with a finite derivative.
// Where nothing is lost it stays the plain logarithm, which is what `check` and `derive` name.

extension Tape {
  /// log x, where x is what a softmax or sigmoid gave, perhaps indexed or reshaped; otherwise nil.
  static func logarithm(of x: Variable) throws -> Variable? {
    guard let live = x.live, let source = live.tape.sourceOfLogarithm(live.index) else {
      return nil
    }
    // Near 1 numbers lie as far apart as the rounding of 1; near 0 they reach much further down.
    let isDifference = source.name == Operation.subtract.name
    let isNarrow = x.elementType != .f64
    let lost =
      isDifference
      ? (isNarrow ? 1e-6 : 1e-14)
      : (isNarrow ? Double(Float.leastNormalMagnitude) : .leastNormalMagnitude)
    guard try least(of: x) < lost else { return nil }
    return try live.tape.logarithm(at: live.index)
  }

  /// log(1 + x), where x is the negative of what a sigmoid gave; otherwise nil.
  static func logarithm(ofOnePlus x: Variable) throws -> Variable? {
    guard let live = x.live, let entry = live.tape.entry(live.index),
      entry.operation?.name == Operation.negate.name,
      try 1 + least(of: x) < (x.elementType == .f64 ? 1e-14 : 1e-6)
    else { return nil }
    return try live.tape.logarithm(ofOneMinus: entry.parents[0])
  }

  /// What an entry took its elements from, where a logarithm of that is one of those above.
  private func sourceOfLogarithm(_ index: Int) -> Operation? {
    guard let entry = entry(index), let operation = entry.operation else { return nil }
    if operation.kind.traits.contains(.movement) { return sourceOfLogarithm(entry.parents[0]) }
    let isOne = [Operation.softmax, .sigmoid, .subtract].contains { $0.name == operation.name }
    return isOne ? operation : nil
  }

  private static func least(of x: Variable) throws -> Double {
    x.count == 0 ? .infinity : try x.tensor.reduce(.min).item ?? .nan
  }

  private func logarithm(at index: Int) throws -> Variable? {
    guard let entry = entry(index), let operation = entry.operation else { return nil }
    switch operation.name {
    case Operation.softmax.name: return try input(of: entry).map { try .logSoftmax($0) }
    case Operation.sigmoid.name:
      return try input(of: entry).map { try .negate(.softplus(.negate($0))) }
    case Operation.subtract.name:
      // 1 − sigmoid(z)
      guard entry.inputs[0].tensor.item == 1 && entry.parents[0] < 0,
        entry.inputs[1].shape == entry.output.shape
      else { return nil }
      return try logarithm(ofOneMinus: entry.parents[1])
    case _ where operation.kind.traits.contains(.movement):
      return try logarithm(at: entry.parents[0]).map { try operation($0) }
    default: return nil
    }
  }

  /// log(1 − x), where x is what a sigmoid gave; otherwise nil.
  private func logarithm(ofOneMinus index: Int) throws -> Variable? {
    guard let entry = entry(index), let operation = entry.operation else { return nil }
    if operation.name == Operation.sigmoid.name {
      return try input(of: entry).map { try .negate(.softplus($0)) }
    }
    guard operation.kind.traits.contains(.movement) else { return nil }
    return try logarithm(ofOneMinus: entry.parents[0]).map { try operation($0) }
  }

  /// The first input of an entry whose operation saves it.
  private func input(of entry: Entry) -> Variable? {
    guard entry.parents[0] >= 0 else { return nil }
    return operand(0, of: entry)
  }
}
