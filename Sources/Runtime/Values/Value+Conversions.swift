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
  package func asTensor() throws -> Tensor? {
    switch self {
    case .tensor(let box): return box.content
    case .number(let number): return try Tensor.scalar(number, .f64)
    case .bool(let value): return try Tensor.scalar(value ? 1 : 0, .f64)
    case .traced(let box): return box.content.tensor
    case .range(let box):
      let range = box.content
      try MemoryGuard.check(elements: Double(range.count))
      return try Tensor.sequence(from: range.lower, step: range.step, count: range.count)
    case .list(let box): return try Value.stacked(box.content)
    default: return nil
    }
  }

  /// The numbers of a list, a tensor of one dimension, a range, or a single number.
  package func asNumbers() throws -> [Double]? {
    switch self {
    case .number(let number): return [number]
    case .tensor(let box): return box.content.rank <= 1 ? box.content.doubles() : nil
    case .range(let box):
      try MemoryGuard.check(elements: Double(box.content.count), bytesEach: 8)
      let range = box.content
      return try interruptibleList(count: range.count) { range[$0] }
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
  private static func stacked(_ elements: [Value]) throws -> Tensor? {
    if elements.allSatisfy({ if case .number = $0 { true } else { false } }) {
      let numbers = try interruptibleList(count: elements.count) { elements[$0].asNumber() ?? .nan }
      return try Tensor(
        doubles: numbers, Shape(checking: [numbers.count]), elementType: .working)
    }
    var tensors: [Tensor] = []
    for element in elements {
      guard let tensor = try element.asTensor() else { return nil }
      tensors.append(tensor)
    }
    return try Tensor.stack(tensors, axis: 0)
  }
}
