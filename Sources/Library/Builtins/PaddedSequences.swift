import Language
import Tensors

/// Sequences of different lengths as one tensor.
extension Builtin {
  static let padSequences = Builtin(
    Declaration(
      "pad_sequences", group: .data, "sequences of different lengths, filled up to one",
      details: """
        Of vectors of codes N×T, filled up with −1: embedding makes zeros of it, attention does not \
        look there, and in targets it is a step that counts neither in the loss nor in the accuracy. \
        Of matrices time×features N×T×F, filled up with 0, which lstm(…, mask=true), gru, rnn, \
        attention and transformer pass over. Of longer ones the end is kept with left=true, otherwise \
        the beginning.
        """,
      parameters: [
        Parameter("sequences", .sequence, "vectors or matrices"),
        Parameter("length", .any, default: .computed("the longest"), "how many steps"),
        Parameter("value", .any, default: .computed("-1 for codes, else 0"), "what fills up"),
        Parameter("left", .bool, default: .bool(false), "whether it goes before, not after"),
      ],
      result: "a tensor N×T or N×T×F",
      examples: [
        .init("pad_sequences([[1, 2, 3], [4]])", "2×3 tensor f32\n  1   2   3\n  4  -1  -1")
      ],
      seeAlso: ["embedding", "lstm", "pad", "codes"]),
    differentiation: .refused("it is for data")
  ) { arguments, _ in
    let parts = try arguments.sequence(0).enumerated().map { index, value -> Tensor in
      guard let tensor = try value.asTensor(), tensor.rank == 1 || tensor.rank == 2 else {
        throw RuntimeError.other(
          "pad_sequences: element \(index) is \(value.kindPhrase), not a vector or a matrix",
          hint: nil)
      }
      return tensor
    }
    guard let first = parts.first else {
      throw RuntimeError.other("pad_sequences: there are no sequences", hint: nil)
    }
    let features = Array(first.shape.dimensions.dropFirst())
    if let index = parts.firstIndex(where: { Array($0.shape.dimensions.dropFirst()) != features }) {
      throw RuntimeError.other(
        "pad_sequences: element \(index) is \(parts[index].shape), and the first \(first.shape)",
        hint: "all must have the same features")
    }
    let length =
      arguments.isGiven(1) ? try arguments.size(1) : parts.map { $0.shape[0] }.max() ?? 0
    let value = arguments.isGiven(2) ? try arguments.number(2) : features.isEmpty ? -1 : 0
    let isLeft = try arguments.bool(3)
    let width = features.reduce(1, *)
    try MemoryGuard.check(
      elements: Double(parts.count) * Double(length) * Double(width), bytesEach: 16)
    var numbers = [Double](repeating: value, count: parts.count * length * width)
    for (index, part) in parts.enumerated() {
      if index & 0xFF == 0 { try Interrupt.check() }
      let own = part.doubles()
      let steps = Swift.min(length, part.shape[0])
      let kept = isLeft ? own.suffix(steps * width) : own.prefix(steps * width)
      let start = (index * length + (isLeft ? length - steps : 0)) * width
      for (place, number) in kept.enumerated() { numbers[start + place] = number }
    }
    return Value(
      try Tensor(
        doubles: numbers, Shape(checking: [parts.count, length] + features),
        elementType: parts.contains { $0.elementType == .f64 } ? .f64 : .f32))
  }
}
