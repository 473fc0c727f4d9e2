import Language

/// A constant factor, with the lengths of axes in it kept as symbols: −2/(N·K).
struct Coefficient {
  var number: Double
  /// Axes' lengths and their powers.
  private(set) var sizes: [(dimension: Dimension, exponent: Int)]

  static var one: Coefficient { Coefficient(1) }

  init(_ number: Double, dividedBy dimensions: [Dimension] = []) {
    self.number = number
    sizes = []
    for dimension in dimensions { multiply(by: dimension, exponent: -1) }
  }

  private mutating func multiply(by dimension: Dimension, exponent: Int) {
    guard dimension.size != 1 else { return }
    if let index = sizes.firstIndex(where: { $0.dimension.isSame(as: dimension) }) {
      sizes[index].exponent += exponent
      if sizes[index].exponent == 0 { sizes.remove(at: index) }
    } else {
      sizes.append((dimension, exponent))
    }
  }

  /// Multiplied by the lengths of axes.
  func times(_ dimensions: [Dimension]) -> Coefficient {
    var result = self
    for dimension in dimensions { result.multiply(by: dimension, exponent: 1) }
    return result
  }

  static func * (left: Coefficient, right: Coefficient) -> Coefficient {
    var result = left
    result.number *= right.number
    for (dimension, exponent) in right.sizes {
      result.multiply(by: dimension, exponent: exponent)
    }
    return result
  }

  static prefix func - (value: Coefficient) -> Coefficient { value * Coefficient(-1) }

  func raised(to exponent: Double) -> Coefficient? {
    guard let power = Int(exactly: exponent), (1...16).contains(power.magnitude) else { return nil }
    let base = power < 0 ? inverse : self
    return (1..<Int(power.magnitude)).reduce(base) { result, _ in result * base }
  }

  private var inverse: Coefficient {
    var result = Coefficient(1 / number)
    result.sizes = sizes.map { ($0.dimension, -$0.exponent) }
    return result
  }

  /// Its value.
  var value: Double {
    sizes.reduce(number) { result, entry in
      let size = Double(entry.dimension.size)
      return (0..<entry.exponent.magnitude).reduce(result) { value, _ in
        entry.exponent > 0 ? value * size : value / size
      }
    }
  }

  var isOne: Bool { number == 1 && sizes.isEmpty }

  /// What must agree for two terms to be added: all but the number.
  var sizeKey: String {
    sizes.map { "\(ObjectIdentifier($0.dimension.root).hashValue)^\($0.exponent)" }.sorted()
      .joined(separator: "·")
  }

  /// The magnitude as a fraction: the numbers and lengths above and below the line.
  var fraction: (above: [Piece], below: [Piece]) {
    var above: [Piece] = []
    var below: [Piece] = []
    let magnitude = number.magnitude
    let inverse = 1 / magnitude
    if magnitude < 1, inverse < 12.5, (inverse - inverse.rounded()).magnitude < 1e-9 {
      below.append(.number(inverse.rounded()))
    } else if magnitude != 1 {
      above.append(.number(magnitude))
    }
    for (dimension, exponent) in sizes {
      let pieces = Array(repeating: Piece.size(dimension), count: Int(exponent.magnitude))
      if exponent > 0 { above += pieces } else { below += pieces }
    }
    return (above, below)
  }

  enum Piece {
    case number(Double)
    case size(Dimension)

    var text: String {
      switch self {
      case .number(let number): number.displayed
      case .size(let dimension): dimension.text
      }
    }
  }
}
