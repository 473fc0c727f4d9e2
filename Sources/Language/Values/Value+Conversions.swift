import Networks
import Tensors

extension Value {
  /// The number that this is, or that a tensor of one element holds.
  package func asNumber() -> Double? {
    switch self {
    case .number(let number): number
    case .bool(let value): value ? 1 : 0
    case .tensor(let box): box.content.item
    case .traced(let box): box.content.tensor.item
    default: nil
    }
  }

  /// The tensor that this is, or that a number, a list of numbers (or of such lists) or a range
  /// makes; nil for what is none of these.
  ///
  /// - Parameters:
  ///   - elementType: of what numbers in a list or a range become; nil for Float32 where that holds
  ///     them all, otherwise Float64.
  ///   - depth: how many lists it already lies in.
  package func asTensor(_ elementType: ElementType? = nil, depth: Int = 0) throws -> Tensor? {
    switch self {
    case .tensor(let box): return box.content
    case .number(let number): return try Tensor.scalar(number, .f64)
    case .bool(let value): return try Tensor.scalar(value ? 1 : 0, .bool)
    case .traced(let box): return box.content.tensor
    case .range(let box): return try box.content.tensor(elementType)
    case .list(let box):
      let type = elementType ?? (fitsFloat32 ? .working : .f64)
      return try Value.stacked(box.content, type, depth: depth + 1)
    default: return nil
    }
  }

  /// The numbers of a list, a tensor of one dimension, a range, or a single number.
  package func asNumbers() throws -> [Double]? {
    switch self {
    case .number(let number): return [number]
    case .tensor(let box): return box.content.rank <= 1 ? box.content.doubles() : nil
    case .traced(let box):
      return box.content.rank <= 1 ? box.content.tensor.doubles() : nil
    case .range(let box):
      let range = box.content
      let count = try range.countInMemory(bytesEach: 8)
      return try interruptibleList(count: count) { range[$0] }
    case .list(let box):
      var numbers: [Double] = []
      for (place, element) in box.content.enumerated() {
        if place & 0xFFFF == 0xFFFF { try Interrupt.check() }
        guard let number = element.asNumber() else { return nil }
        numbers.append(number)
      }
      return numbers
    default: return nil
    }
  }

  /// A list of numbers as a tensor of one dimension, a list of tensors of one shape as their stack.
  private static func stacked(
    _ elements: [Value], _ elementType: ElementType, depth: Int
  ) throws -> Tensor? {
    // No tensor has so many axes.
    guard depth <= Shape.rankLimit else { return nil }
    if depth == 1 { try checkSize(ofStacked: elements) }
    if elements.allSatisfy(\.isPlain) {
      let numbers = try interruptibleList(count: elements.count) { elements[$0].asNumber() ?? .nan }
      let areTruths = !elements.isEmpty && elements.allSatisfy(\.isTruth)
      return try Tensor(
        doubles: numbers, Shape(checking: [numbers.count]),
        elementType: areTruths ? .bool : elementType)
    }
    var tensors: [Tensor] = []
    for (place, element) in elements.enumerated() {
      if place & 0xFF == 0 { try Interrupt.check() }
      guard let tensor = try element.asTensor(elementType, depth: depth) else { return nil }
      tensors.append(tensor)
    }
    return try Tensor.stack(tensors, axis: 0)
  }

  /// Throws where the tensor that nested lists make is larger than memory: lists that stand in
  /// several places, as in `s = [s, s]`, hold more elements than they take up memory.
  private static func checkSize(ofStacked elements: [Value]) throws {
    var count = Double(elements.count)
    var first = elements.first
    for _ in 0..<Shape.rankLimit {
      guard case .list(let box)? = first else { break }
      count *= Double(box.content.count)
      first = box.content.first
    }
    try MemoryGuard.check(elements: count)
  }

  /// Whether Float32 holds the numbers of a list, and of the lists in it.
  private var fitsFloat32: Bool {
    !contains { if case .number(let number) = $0 { !number.fitsFloat32 } else { false } }
  }

  /// Whether it is a number or a truth value.
  private var isPlain: Bool {
    switch self {
    case .number, .bool: true
    default: false
    }
  }

  /// Whether it is `true` or `false`.
  package var isTruth: Bool { if case .bool = self { true } else { false } }
}
